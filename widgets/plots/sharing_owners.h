#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/train/records.h"
#include "widgets/session/run_data.h"

namespace eq::widgets {

/// A layer of a model, as train::describe has it.
struct SharingLayer {
  std::string name;  ///< "trunk.0"
  bool head = false;
  std::int64_t parameters = 0, trainable = 0;
  bool operator==(const SharingLayer&) const = default;
};

/// Tasks that own a part of a model together.
struct SharingOwner {
  std::vector<std::size_t> tasks;  ///< in order
  std::string block;               ///< what the names of its layers begin with below a head
  std::int64_t parameters = 0;
  std::int64_t flops = 0;  ///< of an example, that these tasks need and no part of them alone
  std::vector<SharingLayer> layers;
  bool operator==(const SharingOwner&) const = default;
};

/// The number of a task; none without one of that name.
std::optional<std::size_t> taskCalled(const RunData& data, const std::string& name);

/// Who owned the model's parameters from an event on: all tasks first, then groups, then each.
/// Empty where the event does not tell.
std::vector<SharingOwner> ownersIn(const train::EventRecord& event, const RunData& data);

}  // namespace eq::widgets
