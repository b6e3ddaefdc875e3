#include "core/train/experiment.h"

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"
#include "core/metric/catalog.h"
#include "core/model/catalog.h"
#include "core/script/scripts.h"
#include "core/train/complete_experiment.h"
#include "core/train/front_catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/rule.h"
#include "core/train/schedule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;

ParameterSpec anyField(std::string name, json value, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc));
  spec.type = ParameterType::any;
  spec.defaultValue = std::move(value);
  return spec;
}

void requireObject(const json& value, const std::string& path) {
  if (!value.is_object()) fail("{}: expected an object, found {}", path, value.dump());
}

/// Reads {"id": ..., parameters...} and checks both against the catalog.
template <typename AnyCatalog>
MethodSpec readMethod(const json& value, const std::string& path, const AnyCatalog& catalog) {
  requireObject(value, path);
  const auto id = value.find("id");
  if (id == value.end()) fail("{}.id: is required and missing", path);
  if (!id->is_string()) fail("{}.id: expected a text, found {}", path, id->dump());
  MethodSpec method{id->get<std::string>(), value};
  method.params.erase("id");
  Parameters(catalog.descriptor(method.id, path + ".id").parameters, method.params, path);
  return method;
}

template <typename AnyCatalog>
MethodSpec readMethodOr(const Parameters& fields, const std::string& name, const std::string& path,
                        const AnyCatalog& catalog, MethodSpec fallback) {
  if (fields.isNull(name)) return fallback;
  return readMethod(fields.at(name), path + name, catalog);
}

/// No gradient method: null, or an empty id without parameters.
bool isNone(const json& gradient) {
  return gradient.is_null() || gradient == json{{"id", ""}};
}

BalancerSpec readBalancer(const json& value) {
  BalancerSpec balancer;
  if (value.is_null()) return balancer;
  requireObject(value, "balancer");
  const Parameters slots({anyField("weighting", nullptr, "Loss weighting"),
                          anyField("gradient", nullptr, "Gradient method")},
                         value, "balancer");
  balancer.weighting =
      readMethodOr(slots, "weighting", "balancer.", balance::weightings(), balancer.weighting);
  if (!isNone(slots.at("gradient")))
    balancer.gradient =
        readMethod(slots.at("gradient"), "balancer.gradient", balance::gradientMethods());
  return balancer;
}

std::vector<MethodSpec> readMetrics(const json& value, const std::string& path) {
  std::vector<MethodSpec> metrics;
  if (!value.is_array()) fail("{}: expected a list, found {}", path, value.dump());
  for (size_t i = 0; i < value.size(); ++i) {
    const json entry = value[i].is_string() ? json{{"id", value[i]}} : value[i];
    metrics.push_back(readMethod(entry, fmt::format("{}[{}]", path, i), metric::catalog()));
  }
  return metrics;
}

TaskSpec readTask(const json& value, const std::string& path) {
  requireObject(value, path);
  const Parameters fields(taskFields(), value, path);
  TaskSpec task;
  task.name = fields.text("name");
  task.loss = readMethodOr(fields, "loss", path + ".", loss::catalog(), MethodSpec{});
  // What it holds in turn, such as the base of a wrapper, is known to it alone.
  if (!task.loss.id.empty()) loss::catalog().create(task.loss.id, task.loss.params, path + ".loss");
  task.weight = fields.number("weight");
  task.enabled = fields.boolean("enabled");
  task.metrics = readMetrics(fields.at("metrics"), path + ".metrics");
  task.teacher = fields.text("teacher");
  if (!fields.isNull("preference")) task.preference = fields.number("preference");
  return task;
}

std::vector<TaskSpec> readTasks(const json& value) {
  std::vector<TaskSpec> tasks;
  if (value.is_null()) return tasks;
  if (!value.is_array()) fail("tasks: expected a list, found {}", value.dump());
  if (value.empty())
    fail(
        "tasks: expected at least one task, found []; name those to train, or leave the key out to "
        "train all of the dataset's");
  for (size_t i = 0; i < value.size(); ++i) {
    tasks.push_back(readTask(value[i], fmt::format("tasks[{}]", i)));
    for (size_t j = 0; j < i; ++j)
      if (tasks[j].name == tasks[i].name)
        fail("tasks[{}].name: \"{}\" stands at tasks[{}] already", i, tasks[i].name, j);
  }
  return tasks;
}

ParameterSpec preferenceField() {
  auto spec = ParameterSpec::number("preference", 0,
                                    "How much the task counts, for methods that take a preference; "
                                    "null: what the method gives it")
                  .from(0)
                  .to(1e9)
                  .orNull();
  spec.defaultValue = nullptr;
  return spec;
}

ParameterSpec freezeStepsField() {
  auto spec = ParameterSpec::integer("freeze_steps", 0,
                                     "Steps after which what is frozen is trained; null: never")
                  .from(1)
                  .in("steps")
                  .orNull();
  spec.defaultValue = nullptr;
  return spec;
}

std::vector<std::string> readPatterns(const json& value, const std::string& path) {
  const bool isList = value.is_array() && std::all_of(value.begin(), value.end(), [](auto& entry) {
                        return entry.is_string() && !entry.template get<std::string>().empty();
                      });
  if (!isList) fail("{}: expected a list of patterns on names, found {}", path, value.dump());
  return value.get<std::vector<std::string>>();
}

/// \throws Error unless it names one run, or one file.
void requireOneSource(const InitSpec& init, const json& given) {
  if (init.run.empty() && init.file.empty()) {
    if (given.contains("file"))
      fail("init.file: is empty; name a file of weights, or leave init out");
    fail("init.run: is empty; name a run folder, or leave init out");
  }
  if (!init.run.empty() && !init.file.empty())
    fail("init: names the run {} and the file {}; leave one out", init.run, init.file);
  if (init.file.empty() && !init.map.empty())
    fail("init.map: says how a file calls its tensors, and there is no init.file; leave it out");
  if (init.file.empty() && !init.sha256.empty())
    fail("init.sha256: belongs to a file, and there is no init.file; leave it out");
}

InitSpec readInit(const json& value) {
  const Parameters fields(initFields(), value, "init");
  InitSpec init;
  init.run = fields.text("run");
  init.file = fields.text("file");
  init.map = fields.text("map");
  init.sha256 = fields.text("sha256");
  init.take = readPatterns(fields.at("take"), "init.take");
  init.freeze = readPatterns(fields.at("freeze"), "init.freeze");
  if (!fields.isNull("freeze_steps")) init.freezeSteps = fields.integer("freeze_steps");
  requireOneSource(init, value);
  script::requireDigest(init.sha256, "init.sha256");
  return init;
}

json toJson(const InitSpec& init) {
  json out{{"take", init.take}, {"freeze", init.freeze}};
  out["freeze_steps"] = init.freezeSteps ? json(*init.freezeSteps) : json();
  if (!init.run.empty()) out["run"] = init.run;
  if (!init.file.empty())
    out.update({{"file", init.file}, {"map", init.map}, {"sha256", init.sha256}});
  return out;
}

json taskToJson(const TaskSpec& task) {
  json metrics = json::array();
  for (const auto& metric : task.metrics) metrics.push_back(toJson(metric));
  json out{{"name", task.name},
           {"weight", task.weight},
           {"enabled", task.enabled},
           {"metrics", metrics}};
  if (!task.loss.id.empty()) out["loss"] = toJson(task.loss);
  if (!task.teacher.empty()) out["teacher"] = task.teacher;
  if (task.preference) out["preference"] = *task.preference;
  return out;
}

}  // namespace

const std::vector<ParameterSpec>& experimentFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("name", "", "Name of the experiment"),
      ParameterSpec::text("description", "", "What it is about"),
      anyField("data", nullptr, "Dataset and its parameters").needed(),
      anyField("model", nullptr, "Model and its parameters").needed(),
      anyField("tasks", nullptr, "Tasks; not given = all of the dataset's"),
      anyField("balancer", nullptr, "Loss weighting and gradient method"),
      anyField("scheme", nullptr,
               "Training scheme: who trains in a step (W), how it is made (H); a list for both"),
      anyField("pareto", nullptr, "Method that trains a front instead of one model"),
      anyField("optimizer", nullptr, "Optimizer and its parameters"),
      anyField("schedule", nullptr, "Learning-rate schedule"),
      ParameterSpec::integer("batch_size", 256, "Examples in one update").from(1).in("examples"),
      ParameterSpec::number("epochs", 10, "Length of the training").above(0).to(1e6).in("epochs"),
      ParameterSpec::integer("seed", 1, "Seed of data, model, batches and balancer").from(0),
      ParameterSpec::text("device", "cpu", "cpu, cuda or cuda:N"),
      ParameterSpec::integer("threads", 0, "Threads of the CPU; 0 = one a core").from(0).to(1024),
      anyField("conflict", nullptr, "How often and where gradient conflict is measured"),
      anyField("affinity", nullptr,
               "How often it is tried what a step for one task does to others"),
      anyField("observe", nullptr, "How often the model records its own quantities"),
      anyField("engine", nullptr, "How gradients of tasks are found"),
      anyField("init", nullptr, "Parameters of another run, or of a file, to begin with"),
      ParameterSpec::integer("evaluate_every", 0, "Steps between evaluations; 0 = once an epoch")
          .from(0)
          .in("steps"),
      ParameterSpec::integer("checkpoint_every", 0, "Steps between checkpoints; 0 = every minute")
          .from(0)
          .in("steps"),
      anyField("keep", nullptr, "Which checkpoints stay"),
      anyField("rules", json::array(), "What is done when a condition over the series holds"),
  };
  return fields;
}

const std::vector<ParameterSpec>& taskFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("name", "", "Name, as the dataset gives it").needed(),
      anyField("loss", nullptr,
               "Loss and its parameters; null = the usual one for the kind of task"),
      ParameterSpec::number("weight", 1, "Static factor on the task's loss").from(0).to(1e9),
      ParameterSpec::boolean("enabled", true, "Whether the task is trained"),
      anyField("metrics", json::array(), "Metrics; empty = the usual ones"),
      ParameterSpec::text("teacher", "",
                          "Run folder whose task of this name is the teacher of losses that read "
                          "one; folder@step names a checkpoint, else it is the newest"),
      preferenceField(),
  };
  return fields;
}

const std::vector<ParameterSpec>& conflictFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::integer("every", 10, "Measured at every n-th step; 0 = off")
          .from(0)
          .in("steps"),
      ParameterSpec::choice(
          "source", "exact", {"exact", "representation"},
          "In all shared parameters, or in the trunk's output (an approximation)"),
      ParameterSpec::boolean("layers", false,
                             "Whether each layer is measured alone, too: exact, and about as much "
                             "work again on sampled steps"),
  };
  return fields;
}

const std::vector<ParameterSpec>& affinityFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::integer("every", 0,
                             "At every n-th step it is tried what a step for one task alone does "
                             "to the losses of all; 0 = off. Costs about K + 2 steps more, K tasks")
          .from(0)
          .in("steps"),
      ParameterSpec::choice("form", "exact", {"exact"},
                            "By the losses after such a step; in first order it follows from "
                            "conflict"),
  };
  return fields;
}

const std::vector<ParameterSpec>& observeFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::integer("every", 10,
                             "What the model records of itself is recorded at every n-th step; "
                             "0 = off")
          .from(0)
          .in("steps"),
  };
  return fields;
}

const std::vector<ParameterSpec>& engineFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::number("memory", 4096,
                            "What the gradients of all tasks in shared parameters may take; above "
                            "it they are found some tasks at a time: less memory, more time")
          .above(0)
          .to(1e7)
          .in("MB"),
  };
  return fields;
}

const std::vector<ParameterSpec>& initFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("run", "",
                          "Run folder whose parameters it begins with; folder@step names a "
                          "checkpoint, else it is the newest"),
      ParameterSpec::text("file", "",
                          "File of weights in the safetensors layout instead of a run, from the "
                          "experiment's folder"),
      ParameterSpec::text("map", "",
                          "How the file calls its tensors: the name of a map that comes with the "
                          "program, or a JSON file; empty: as this program does"),
      ParameterSpec::text("sha256", "",
                          "SHA-256 that the file must have; empty: a run pins the one it finds"),
      anyField("take", json::array({"*"}),
               "Patterns (with * and ?) on names of parameters: what fits by name and shape is "
               "taken, and a pattern that takes nothing is an error"),
      anyField("freeze", json::array(), "Patterns on names of parameters that are not trained"),
      freezeStepsField(),
  };
  return fields;
}

const std::vector<ParameterSpec>& keepFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::integer("every", 0,
                             "A checkpoint of every n-th step is written and stays; 0 = none")
          .from(0)
          .in("steps"),
      ParameterSpec::boolean("best", true,
                             "A checkpoint is written, and stays, where a task's first metric is "
                             "the best so far on the validation split"),
      ParameterSpec::number("size", 2,
                            "Above this, checkpoints are thinned that are neither the first, one "
                            "of the newest two, best, an n-th nor asked for")
          .from(0)
          .to(1e6)
          .in("GB"),
  };
  return fields;
}

json toJson(const KeepSpec& keep) {
  return {{"every", keep.every}, {"best", keep.best}, {"size", keep.size}};
}

KeepSpec keepFromJson(const json& value) {
  const Parameters fields(keepFields(), value, "keep");
  return {fields.integer("every"), fields.boolean("best"), fields.number("size")};
}

Experiment experimentFromJson(const json& value, const std::filesystem::path& folder) {
  requireObject(value, "experiment");
  if (value.contains("sweep"))
    fail(
        "sweep: stands for many runs, and one is wanted here; train them all with equipoise-cli "
        "sweep FILE --out DIR, or take the key out");
  if (isImported(value))
    fail(
        "imported: this is the record of a run of another program, {}; it has no experiment that "
        "could be started",
        value.at("imported").dump(-1, ' ', false, json::error_handler_t::replace));
  const Parameters fields(experimentFields(), value, "");
  Experiment out;
  out.name = fields.text("name");
  out.description = fields.text("description");
  out.data = readMethod(fields.at("data"), "data", data::catalog());
  out.model = readMethod(fields.at("model"), "model", model::catalog());
  out.tasks = readTasks(fields.at("tasks"));
  out.balancer = readBalancer(fields.at("balancer"));
  out.schemes = schemesFromJson(fields.at("scheme"));
  out.pareto = paretoFromJson(fields.at("pareto"));
  out.optimizer = readMethodOr(fields, "optimizer", "", optimizers(), out.optimizer);
  out.schedule = readMethodOr(fields, "schedule", "", schedules(), out.schedule);
  out.batchSize = fields.integer("batch_size");
  out.epochs = fields.number("epochs");
  out.seed = static_cast<std::uint64_t>(fields.integer("seed"));
  out.device = fields.text("device");
  out.threads = fields.integer("threads");
  if (!fields.isNull("conflict")) {
    const Parameters conflict(conflictFields(), fields.at("conflict"), "conflict");
    out.conflict = {conflict.integer("every"), conflict.text("source"), conflict.boolean("layers")};
  }
  if (!fields.isNull("affinity")) {
    const Parameters affinity(affinityFields(), fields.at("affinity"), "affinity");
    out.affinity = {affinity.integer("every"), affinity.text("form")};
  }
  if (!fields.isNull("observe"))
    out.observe.every =
        Parameters(observeFields(), fields.at("observe"), "observe").integer("every");
  if (!fields.isNull("engine"))
    out.engine.memory = Parameters(engineFields(), fields.at("engine"), "engine").number("memory");
  if (!fields.isNull("init")) out.init = readInit(fields.at("init"));
  out.evaluateEvery = fields.integer("evaluate_every");
  out.checkpointEvery = fields.integer("checkpoint_every");
  if (!fields.isNull("keep")) out.keep = keepFromJson(fields.at("keep"));
  out.rules = rulesFromJson(fields.at("rules"), "rules");
  out.folder = folder;
  return out;
}

Experiment readExperiment(const std::filesystem::path& file) {
  const json value = readJsonFile(file);
  try {
    return experimentFromJson(value, std::filesystem::absolute(file).parent_path());
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()), error.kind());
  }
}

json toJson(const MethodSpec& method) {
  json out = method.params;
  out["id"] = method.id;
  return out;
}

json toJson(const Experiment& experiment) {
  json balancer{{"weighting", toJson(experiment.balancer.weighting)}};
  if (!experiment.balancer.gradient.id.empty())
    balancer["gradient"] = toJson(experiment.balancer.gradient);
  json out{{"name", experiment.name},
           {"description", experiment.description},
           {"data", toJson(experiment.data)},
           {"model", toJson(experiment.model)},
           {"balancer", balancer},
           {"optimizer", toJson(experiment.optimizer)},
           {"schedule", toJson(experiment.schedule)},
           {"batch_size", experiment.batchSize},
           {"epochs", experiment.epochs},
           {"seed", experiment.seed},
           {"device", experiment.device},
           {"threads", experiment.threads},
           {"conflict",
            {{"every", experiment.conflict.every},
             {"source", experiment.conflict.source},
             {"layers", experiment.conflict.layers}}},
           {"affinity", {{"every", experiment.affinity.every}, {"form", experiment.affinity.form}}},
           {"observe", {{"every", experiment.observe.every}}},
           {"engine", {{"memory", experiment.engine.memory}}},
           {"evaluate_every", experiment.evaluateEvery},
           {"checkpoint_every", experiment.checkpointEvery},
           {"keep", toJson(experiment.keep)}};
  for (const auto& task : experiment.tasks) out["tasks"].push_back(taskToJson(task));
  if (!experiment.schemes.empty()) out["scheme"] = schemesToJson(experiment.schemes);
  if (!experiment.pareto.id.empty()) out["pareto"] = toJson(experiment.pareto);
  if (experiment.init.given()) out["init"] = toJson(experiment.init);
  if (!experiment.rules.empty()) out["rules"] = toJson(experiment.rules);
  return out;
}

}  // namespace eq::train
