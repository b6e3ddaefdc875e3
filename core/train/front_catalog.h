#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/catalog.h"
#include "core/train/experiment.h"

namespace eq::model {
class Model;
}

namespace eq::train {

class FrontMethod;

/// What a method that trains a front is made for.
struct FrontSetting {
  const Experiment& experiment;  ///< with its tasks; methods keep what they need of it
  const model::Model& network;   ///< of the run
  /// The experiment's model with other first values, on the CPU.
  std::function<std::unique_ptr<model::Model>(std::uint64_t seed)> fresh;
  std::uint64_t seed = 0;       ///< of the model
  std::string path = "pareto";  ///< for messages
};

/// The methods that train a front (slot `pareto`). To add one: a file pair core/train/front/<id>.h
/// and .cpp (template: pamal), one row in core/train/front/table.cpp, its numbers in
/// tests/core/train/front, one line in CHANGELOG.md.
const Catalog<FrontMethod, const FrontSetting&>& paretoMethods();

/// Parameters that all of them have.
std::vector<ParameterSpec> frontMethodParameters(std::vector<ParameterSpec> own);

/// The slot as it stands in files: null, or an object. \throws Error `pareto.id: ...`.
MethodSpec paretoFromJson(const nlohmann::json& value);

/// \throws Error that names the slot which cannot stand beside `pareto`, or what does not fit it.
/// \pre the tasks are spelled out.
void requireFrontFits(const Experiment& experiment);

/// Why the experiment cannot have this method; empty: it can. \param method an empty id is none.
std::string problemOfFront(Experiment experiment, const MethodSpec& method);

/// Whether the model reads the preference with its inputs.
bool readsPreference(const Experiment& experiment);

/// Of preferences that are drawn to show the front of more than three tasks.
std::uint64_t seedOfFront(const Experiment& experiment);

/// Points of the front at an evaluation; 0 where none is trained.
std::int64_t frontPointsOf(const Experiment& experiment);

}  // namespace eq::train
