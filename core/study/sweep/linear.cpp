#include "core/study/sweep/linear.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/base/error.h"
#include "core/metric/pareto/lattice.h"
#include "core/run/run_folder.h"
#include "core/run/run_values.h"
#include "core/run/teacher.h"
#include "core/study/run_folders.h"
#include "core/train/trainer.h"

namespace eq::study {
namespace {

using Weights = std::vector<double>;

constexpr double kMostWeights = 100'000;

/// The numbers of the tasks that are on.
std::vector<size_t> tasksOn(const train::Experiment& experiment) {
  std::vector<size_t> tasks;
  for (size_t k = 0; k < experiment.tasks.size(); ++k)
    if (experiment.tasks[k].enabled) tasks.push_back(k);
  return tasks;
}

/// From 0.01 to 100, on equal steps of the logarithm, for shares from 0 to 1.
double spreadOut(double share) {
  return std::pow(10, 4 * share - 2);
}

std::vector<Weights> latticeWeights(const SweepSpec& sweep, std::int64_t tasks) {
  if (metric::latticeSize(tasks, sweep.divisions) > kMostWeights)
    fail(
        "sweep.divisions: {} of {} tasks are more than {:.0f} weights; name fewer divisions, or "
        "the weights",
        sweep.divisions, tasks, kMostWeights);
  auto all = metric::simplexLattice(tasks, sweep.divisions, "sweep.divisions");
  if (sweep.spacing == "log")
    for (auto& weights : all)
      for (auto& weight : weights) weight = spreadOut(weight);
  return all;
}

std::vector<Weights> weightsFor(const SweepSpec& sweep, size_t tasks) {
  for (size_t i = 0; i < sweep.weights.size(); ++i)
    if (sweep.weights[i].size() != tasks)
      fail("sweep.weights[{}]: expected one for each of the {} tasks that are on, found {}", i,
           tasks, sweep.weights[i].size());
  return sweep.weights.empty() ? latticeWeights(sweep, static_cast<std::int64_t>(tasks))
                               : sweep.weights;
}

/// The run with weights that are divided by `scale`; an empty one is all 1.
SweepRun withWeights(SweepRun run, const std::vector<size_t>& tasks, const Weights& weights,
                     const std::vector<double>& scale) {
  run.weights = weights;
  for (size_t i = 0; i < tasks.size(); ++i) {
    const auto path = fmt::format("tasks[{}].weight", tasks[i]);
    const double value = scale.empty() ? weights[i] : weights[i] / scale[i];
    run.settings.push_back({path, value});
    run.fields[path] = value;
  }
  return run;
}

/// The final loss on the validation split where the task is the only one that was on.
std::optional<double> singleLoss(const run::RunReader& reader, const std::string& task) {
  std::vector<std::string> on;
  for (const auto& spec : reader.experiment().value("tasks", nlohmann::json::array()))
    if (spec.value("enabled", true)) on.push_back(spec.value("name", std::string()));
  if (on != std::vector{task}) return std::nullopt;
  const auto values = run::finalValues(reader.newestEvaluations(), reader.tasks());
  if (!values.contains(task) || !values.at(task).contains("validation")) return std::nullopt;
  return values.at(task).at("validation").at("loss");
}

double requireScale(double loss, const std::string& task, const std::string& what) {
  if (!std::isfinite(loss) || loss <= 0)
    fail("sweep.scale: {} of the task \"{}\" is {}, by which no weight can be divided", what, task,
         loss);
  return loss;
}

}  // namespace

std::vector<SweepRun> weighted(const SweepFile& file, const std::vector<SweepRun>& runs,
                               const ScaleOf& scale) {
  auto experiment = train::withTasks(train::withSettings(file.base, runs.front().settings));
  if (const auto& id = experiment.balancer.weighting.id; id != "equal")
    fail(
        "balancer.weighting: the method \"linear\" of sweep names the weights of the tasks, which "
        "{} "
        "would weigh once more; take equal",
        id);
  for (auto& task : experiment.tasks) task.weight = 1;
  const auto tasks = tasksOn(experiment);
  std::map<std::uint64_t, std::vector<double>> scales;
  if (file.sweep.scale != "none")
    for (const auto& run : runs) {
      experiment.seed = run.seed;
      scales[run.seed] = scale(experiment);
    }
  std::vector<SweepRun> all;
  for (const auto& weights : weightsFor(file.sweep, tasks.size()))
    for (const auto& run : runs) all.push_back(withWeights(run, tasks, weights, scales[run.seed]));
  return all;
}

std::vector<double> unitScale(const train::Experiment& experiment) {
  const auto on = std::count_if(experiment.tasks.begin(), experiment.tasks.end(),
                                [](const auto& task) { return task.enabled; });
  return std::vector<double>(static_cast<size_t>(on), 1.0);
}

std::vector<double> firstLosses(const train::Experiment& experiment) {
  const auto trainer = run::makeTrainer(experiment);
  trainer->step();
  const auto losses = trainer->takeRecords().front().losses;
  std::vector<double> scale;
  for (const auto k : tasksOn(experiment))
    scale.push_back(requireScale(losses[k], experiment.tasks[k].name, "the first loss"));
  return scale;
}

std::vector<double> singleTaskLosses(const std::filesystem::path& folder,
                                     const train::Experiment& experiment) {
  std::map<std::string, std::vector<double>> losses;
  std::map<std::string, double> ofSeed;
  for (const auto& place : runFolders(folder)) {
    const run::RunReader reader(place);
    for (const auto k : tasksOn(experiment)) {
      const auto& task = experiment.tasks[k].name;
      const auto loss = singleLoss(reader, task);
      if (!loss) continue;
      losses[task].push_back(*loss);
      if (reader.experiment().value("seed", std::uint64_t{1}) == experiment.seed)
        ofSeed[task] = *loss;
    }
  }
  std::vector<double> scale;
  for (const auto k : tasksOn(experiment)) {
    const auto& task = experiment.tasks[k].name;
    if (losses[task].empty())
      fail(
          "--single: {} holds no run in which the task \"{}\" is the only one that is on; "
          "equipoise-cli baselines makes them",
          folder.string(), task);
    double sum = 0;
    for (const double loss : losses[task]) sum += loss;
    const double mean = sum / static_cast<double>(losses[task].size());
    scale.push_back(requireScale(ofSeed.contains(task) ? ofSeed[task] : mean, task,
                                 "the loss of the single-task run"));
  }
  return scale;
}

}  // namespace eq::study
