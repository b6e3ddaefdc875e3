#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

namespace eq::train {

/// A method by id with the parameters that were given; in files flat: {"id": "focal", "gamma": 2}.
struct MethodSpec {
  std::string id;
  nlohmann::json params = nlohmann::json::object();
  bool operator==(const MethodSpec&) const = default;
};

struct TaskSpec {
  std::string name;  ///< as the dataset names it
  MethodSpec loss;
  double weight = 1;  ///< static factor on the task's weight, beside the balancer's
  bool enabled = true;
  std::vector<MethodSpec> metrics;
  std::string teacher = {};  ///< a run whose task of this name teaches this one, `folder` or
                             ///< `folder@step`; empty: none
  /// How much the task counts for methods that take a preference; nothing: what is theirs.
  std::optional<double> preference = std::nullopt;
  bool operator==(const TaskSpec&) const = default;
};

/// Two slots: a loss weighting, and a gradient method on the weighted rows (empty id: none, d is
/// the weighted sum).
struct BalancerSpec {
  MethodSpec weighting{"equal"};
  MethodSpec gradient;
  bool operator==(const BalancerSpec&) const = default;
};

/// How often, and where, conflict is measured when the balancer does not need it anyway.
struct ConflictSpec {
  std::int64_t every = 10;       ///< steps; 0 = off
  std::string source = "exact";  ///< "exact" or "representation"
  bool layers = false;           ///< whether each layer that tasks share is measured alone, too
  bool operator==(const ConflictSpec&) const = default;
};

/// How often it is tried what a step for one task alone does to the losses of all; see
/// look_ahead.h.
struct AffinitySpec {
  std::int64_t every = 0;      ///< steps; 0 = off
  std::string form = "exact";  ///< there is no other
  bool operator==(const AffinitySpec&) const = default;
};

/// How often the model records its own quantities, such as gates, where it has some.
struct ObserveSpec {
  std::int64_t every = 10;  ///< steps; 0 = off
  bool operator==(const ObserveSpec&) const = default;
};

/// What a run begins with instead of fresh values: parameters of another one, or of a file of
/// weights, by name and shape.
struct InitSpec {
  std::string run = {};                       ///< `folder` or `folder@step`; empty: not of a run
  std::vector<std::string> take = {"*"};      ///< patterns on names; one that takes nothing fails
  std::vector<std::string> freeze = {};       ///< patterns on names of what is not trained
  std::optional<std::int64_t> freezeSteps{};  ///< after which it is; nothing: never
  std::string file = {};                      ///< in the safetensors layout; empty: not of a file
  std::string map = {};     ///< how the file calls them, see weight_map.h; empty: as here
  std::string sha256 = {};  ///< that the file must have; empty: a run pins the one it finds
  bool given() const { return !run.empty() || !file.empty(); }
  bool operator==(const InitSpec&) const = default;
};

/// How gradients of tasks are found.
struct EngineSpec {
  double memory = 4096;  ///< MB (10^6 bytes) that the tasks' gradients in the columns may take
  bool operator==(const EngineSpec&) const = default;
};

/// Which checkpoints stay. Always: the first, the newest two, and those that were asked for.
struct KeepSpec {
  std::int64_t every = 0;  ///< steps: each n-th is written and stays; 0 = none
  bool best = true;        ///< one is written, and stays, where a task's main metric is best
  double size = 2;         ///< GB (10^9 bytes) up to which all others stay
  bool operator==(const KeepSpec&) const = default;
};

/// When a condition over the run's series holds, something is done; see rule.h.
struct RuleSpec {
  std::string when;
  std::int64_t looks = 1;         ///< in a row that must find it true; "for" in JSON
  nlohmann::json then = nullptr;  ///< an object
  bool once = false;
  bool operator==(const RuleSpec&) const = default;
};

/// The complete specification of a run: a value, read from and written to JSON.
struct Experiment {
  std::string name;
  std::string description;
  MethodSpec data;
  MethodSpec model;
  std::vector<TaskSpec>
      tasks;  ///< empty, not given in JSON: all of the dataset's with default losses
  BalancerSpec balancer;
  std::vector<MethodSpec> schemes = {};  ///< slot "scheme": at most one of each kind
  MethodSpec pareto = {};                ///< slot "pareto": trains a front; empty id: none
  MethodSpec optimizer{"adam"};
  MethodSpec schedule{"constant"};
  std::int64_t batchSize = 256;
  double epochs = 10;
  std::uint64_t seed = 1;
  std::string device = "cpu";  ///< "cpu", "cuda", "cuda:1"
  std::int64_t threads = 0;    ///< 0 = all cores
  ConflictSpec conflict;
  AffinitySpec affinity = {};
  ObserveSpec observe;
  EngineSpec engine = {};
  InitSpec init = {};
  std::int64_t evaluateEvery =
      0;  ///< steps between evaluations of the validation split; 0 = once an epoch
  std::int64_t checkpointEvery =
      0;  ///< steps between checkpoints; 0 = at the end, on request and every minute
  KeepSpec keep;
  std::vector<RuleSpec> rules = {};
  std::filesystem::path folder;  ///< where relative paths in `data` and losses start; not written

  bool operator==(const Experiment&) const = default;
};

/// The plain fields of an experiment, of a task, of `conflict`, `affinity`, `observe`, `engine`,
/// `init` and `keep`: what files, forms and checks know of them. Methods (data, model, loss, ...)
/// are described by their catalogs.
const std::vector<ParameterSpec>& experimentFields();
const std::vector<ParameterSpec>& taskFields();
const std::vector<ParameterSpec>& conflictFields();
const std::vector<ParameterSpec>& affinityFields();
const std::vector<ParameterSpec>& observeFields();
const std::vector<ParameterSpec>& engineFields();
const std::vector<ParameterSpec>& initFields();
const std::vector<ParameterSpec>& keepFields();
nlohmann::json toJson(const KeepSpec& keep);
KeepSpec keepFromJson(const nlohmann::json& value);

/// \throws Error that names the path: unknown keys, wrong types, unknown ids, values out of range.
Experiment experimentFromJson(const nlohmann::json& value,
                              const std::filesystem::path& folder = {});
/// \throws Error naming file, line and column for JSON that does not parse.
Experiment readExperiment(const std::filesystem::path& file);
/// Everything, defaults included; `experimentFromJson(toJson(e)) == e`.
nlohmann::json toJson(const Experiment& experiment);
nlohmann::json toJson(const MethodSpec& method);

/// Applies `tasks[0].loss.id=focal`: the value is JSON, or a text where it does not parse. Setting
/// an `id` drops the parameters of the former method. \throws Error naming the path.
Experiment withSetting(const Experiment& experiment, const std::string& assignment);

}  // namespace eq::train
