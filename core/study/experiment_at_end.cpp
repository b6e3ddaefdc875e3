#include "core/study/experiment_at_end.h"

#include <limits>

#include "core/base/error.h"
#include "core/train/experiment.h"
#include "core/train/replay.h"

namespace eq::study {

using nlohmann::json;

json experimentAtEnd(const json& begun, const std::vector<train::EventRecord>& events) {
  try {
    const auto first = train::experimentFromJson(begun);
    const auto last =
        train::inForceAt(first, events, std::numeric_limits<std::int64_t>::max()).experiment;
    return last == first ? begun : train::toJson(last);
  } catch (const Error&) {
    return begun;
  }
}

json begunWithLastLength(json begun, const std::vector<train::EventRecord>& events) {
  const auto ended = experimentAtEnd(begun, events);
  if (const auto epochs = ended.find("epochs"); epochs != ended.end()) begun["epochs"] = *epochs;
  return begun;
}

}  // namespace eq::study
