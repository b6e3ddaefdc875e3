#include "core/run/lab/merge_lab.h"

#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <optional>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/merge/catalog.h"
#include "core/run/lab/lab_bench.h"
#include "core/run/lab/lab_vectors.h"
#include "core/run/lab/validation_sample.h"
#include "core/run/merging/run_merger.h"
#include "core/run/run_start.h"

namespace eq::run {
namespace {

using Clock = std::chrono::steady_clock;
using nlohmann::json;

constexpr const char* kMethod = "task_arithmetic";

std::vector<MergeSource> expertsOf(const std::vector<std::string>& given) {
  if (given.empty()) fail("the merge lab needs at least one expert, found none");
  std::vector<MergeSource> experts;
  for (const auto& one : given) experts.push_back(readMergeSource(one));
  return experts;
}

MergeSource baseOf(const std::string& given, std::int64_t examples) {
  auto base = readMergeSource(given);
  if (base.folder.empty())
    fail("{}: is a checkpoint's file; the base is a run: name its folder, or FOLDER@STEP", given);
  if (validationExamples(base) == 0)
    fail("{}: has no validation examples, and they are what merged models are evaluated on", given);
  if (examples < 1) fail("examples: expected 1 or more, found {}", examples);
  return base;
}

/// What is not of the model is not needed any more.
void keepModelAlone(MergeSource& source) {
  std::erase_if(source.snapshot.tensors,
                [](const auto& one) { return !one.first.starts_with("model."); });
}

std::string folderName(const MergeSource& source) {
  return (source.folder.empty() ? source.file : source.folder).filename().string();
}

std::vector<std::string> trainedTasks(const MergeSource& source) {
  std::vector<std::string> names;
  for (const auto& task : source.experiment.tasks)
    if (task.enabled) names.push_back(task.name);
  return names;
}

/// Experts are forks of one run, so that all have the name of its experiment.
std::string nameOf(const MergeSource& expert) {
  const auto tasks = trainedTasks(expert);
  const auto title = expert.folder.empty() ? std::string() : RunReader(expert.folder).info().title;
  if (!title.empty()) return title;
  if (!tasks.empty() && tasks.size() < expert.experiment.tasks.size())
    return fmt::format("{}", fmt::join(tasks, ", "));
  return folderName(expert);
}

std::vector<LabExpert> expertsInWords(const std::vector<MergeSource>& experts) {
  std::vector<LabExpert> all;
  std::map<std::string, int> times;
  for (const auto& expert : experts) {
    all.push_back({expert.given, nameOf(expert), expert.step, trainedTasks(expert)});
    ++times[all.back().name];
  }
  std::map<std::string, int> seen;
  for (auto& expert : all)
    if (const auto name = expert.name; times[name] > 1)
      expert.name = fmt::format("{} #{}", name, ++seen[name]);
  return all;
}

LabScore asAnswer(const TaskScore& score) {
  return {score.task, score.metric,  score.higherIsBetter, score.head,
          score.base, score.experts, score.merged,         score.normalised()};
}

MergeProgress orNone(const MergeProgress& progress) {
  return progress ? progress : [](const MergePart&) {};
}

void append(std::vector<std::string>& all, const std::vector<std::string>& further) {
  all.insert(all.end(), further.begin(), further.end());
}

/// What an open run differs in from that of the checkpoint.
std::vector<std::string> remarksOn(const Restored& restored) {
  auto remarks = restored.moves;
  if (!restored.otherData.empty())
    remarks.push_back(fmt::format("the {} data differ from those that the base was trained with",
                                  fmt::join(restored.otherData, " and ")));
  if (!restored.otherTeachers.empty())
    remarks.push_back(
        fmt::format("another teacher than then: {}", fmt::join(restored.otherTeachers, " and ")));
  if (!restored.differences.empty())
    remarks.push_back(fmt::format("with {}: the last digits may differ",
                                  fmt::join(restored.differences, " and ")));
  return remarks;
}

}  // namespace

struct MergeLab::State {
  State(const LabRequest& request, const MergeProgress& progress)
      : base((progress({"the base"}), baseOf(request.base, request.examples))),
        experts((progress({"the experts"}), expertsOf(request.runs))),
        merger(kMethod, json::object(), 0, base, experts) {
    facts.request = request;
    facts.baseName = RunReader(base.folder).info().shown();
    facts.baseStep = base.step;
    facts.experts = expertsInWords(experts);
    facts.of = validationExamples(base);
    facts.warnings = mergeWarnings(base, experts);
    append(facts.warnings, merger.plan().warnings);
    progress({"the task vectors"});
    facts.vectors = labGeometry(merger.question());
    progress({"the data"});
    openBenches(progress);
    keepModelAlone(base);
    for (auto& expert : experts) keepModelAlone(expert);
  }

  /// The whole split waits until it is asked for.
  void openBenches(const MergeProgress& progress) {
    auto restored = restore(base.snapshot, base.file.string(), RunReader(base.folder), Changes());
    append(facts.warnings, remarksOn(restored));
    standing = std::move(restored.trainer);
    const auto wanted = facts.request.examples;
    if (canSample(base, wanted)) {
      const auto sampled = sampledBase(base, standing->experiment(), wanted, facts.request.seed);
      sample.emplace(*sampled, merger.plan(), base, experts, progress);
    } else {
      openWhole(progress);
    }
    facts.examples = sample ? wanted : facts.of;
  }

  void openWhole(const MergeProgress& progress) {
    whole.emplace(*standing, merger.plan(), base, experts, progress);
    standing.reset();
  }

  std::vector<TaskScore> scoresOn(LabPart part, const ParameterMap& parameters,
                                  const MergeProgress& progress) {
    if (part == LabPart::sample && sample) {
      const std::lock_guard lock(sampling);
      return sample->scores(parameters);
    }
    const std::lock_guard lock(evaluating);
    if (!whole) openWhole(progress);
    return whole->scores(parameters);
  }

  Eigen::VectorXd thetaOf(const LabCoefficients& coefficients) const {
    checkFinite(coefficients);
    if (coefficients.layers.empty())
      return calculated(kMethod, {{"lambda", 1}, {"weights", coefficients.whole}}, json::object());
    if (coefficients.layers.size() != experts.size() || coefficients.whole.size() != experts.size())
      fail("coefficients: expected {} and {} a tensor, one for each expert, found {} and {}",
           experts.size(), experts.size(), coefficients.whole.size(), coefficients.layers.size());
    auto all = json::array();
    for (size_t k = 0; k < experts.size(); ++k) {
      json own = coefficients.layers[k];
      for (const auto& place : merger.question().places)
        if (!own.contains(place.name)) own[place.name] = coefficients.whole[k];
      all.push_back(std::move(own));
    }
    return calculated("atlas", json::object(), {{"coefficients", all}});
  }

  Eigen::VectorXd calculated(const char* id, const json& params, const json& fields) const {
    const auto method = merge::createMerge(id, params);
    return dynamic_cast<const merge::TensorMerge&>(*method)
        .mergedOf(merger.question(), fields, 0)
        .theta;
  }

  static void checkFinite(const LabCoefficients& coefficients) {
    for (size_t k = 0; k < coefficients.whole.size(); ++k)
      if (!std::isfinite(coefficients.whole[k]))
        fail("coefficients[{}]: expected a number from -10 to 10, found {}", k,
             coefficients.whole[k]);
    for (size_t k = 0; k < coefficients.layers.size(); ++k)
      for (const auto& [name, value] : coefficients.layers[k])
        if (!std::isfinite(value))
          fail("coefficients[{}].{}: expected a finite number, found {}", k, name, value);
  }

  MergeSource base;
  std::vector<MergeSource> experts;
  RunMerger merger;
  LabFacts facts;
  std::unique_ptr<train::Trainer> standing;  ///< where the base stood, until `whole` is there
  std::optional<LabBench> sample, whole;
  std::mutex sampling, evaluating;  ///< who uses the two
};

MergeLab::MergeLab(const LabRequest& request, const MergeProgress& progress)
    : state_(std::make_unique<State>(request, orNone(progress))) {}
MergeLab::~MergeLab() = default;

const LabFacts& MergeLab::facts() const {
  return state_->facts;
}

LabScores MergeLab::scores(const LabCoefficients& coefficients, LabPart part,
                           const MergeProgress& progress) {
  auto& state = *state_;
  useThreadsOf(state.base.experiment, state.base.snapshot.meta.at("threads").get<std::int64_t>());
  const auto begun = Clock::now();
  const auto parameters = state.merger.parametersWith(state.thetaOf(coefficients));
  const auto found = state.scoresOn(part, parameters, orNone(progress));
  LabScores scores{coefficients, state.facts.of, state.facts.of, {}, std::nullopt, 0};
  if (part == LabPart::sample) scores.examples = state.facts.examples;
  scores.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  for (const auto& score : found) scores.tasks.push_back(asAnswer(score));
  const auto mean = meanAsJson({found, {}}).at("validation").at("normalised");
  if (!mean.is_null()) scores.normalised = mean.get<double>();
  return scores;
}

LabMasks MergeLab::masks(double lambda) const {
  return labMasks(state_->merger.question(), lambda);
}

}  // namespace eq::run
