#include "core/train/replay.h"

#include <utility>

#include "core/base/error.h"
#include "core/train/command.h"

namespace eq::train {

Experiment inForceAt(Experiment begun, const std::vector<EventRecord>& events, std::int64_t step) {
  for (const auto& event : events) {
    if (event.kind != "command" || event.step > step) continue;
    try {
      begun = applied(begun, commandFromJson(event.detail, "event"));
    } catch (const Error&) {
    }
  }
  return begun;
}

}  // namespace eq::train
