#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/study/sweep/sweep_spec.h"
#include "core/train/settings.h"

namespace eq::study {

/// Values of the fields that count, one of a sweep's combinations; a seed is none of them.
struct Combination {
  std::vector<train::Setting> settings;  ///< in the order of the fields
  /// By path: of every field, null where `when` dropped it.
  nlohmann::json fields = nlohmann::json::object();
};

/// The combinations of `fields`, `when` and `lanes`, each once; those of `random`, `sobol` and
/// `asha` are drawn. The weights of `linear` are not among them.
/// \param base the experiment without the sweep, for conditions on what is no field.
/// \throws Error `sweep.when["a"]["b"]: ...`; `sweep.fields: ...` when there are too many.
std::vector<Combination> combinationsOf(const SweepSpec& sweep, const nlohmann::json& base);

/// A text that two values share when they mean the same: 1 and 1.0, null and {"id": ""} for
/// `balancer.gradient`, a method with and without its defaults.
std::string meaningOf(const train::Setting& setting);

}  // namespace eq::study
