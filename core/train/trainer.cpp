#include "core/train/trainer.h"

#include <set>
#include <utility>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/catalog.h"
#include "core/data/class_counts.h"
#include "core/data/fingerprint.h"
#include "core/data/table_notes.h"
#include "core/train/balancer_watch.h"
#include "core/train/beginning.h"
#include "core/train/brought_fields.h"
#include "core/train/description.h"
#include "core/train/device.h"
#include "core/train/finite_watch.h"
#include "core/train/front_looking.h"
#include "core/train/inspection.h"
#include "core/train/loss_probe.h"
#include "core/train/pending_records.h"
#include "core/train/predicted_examples.h"
#include "core/train/prediction_watch.h"
#include "core/train/run_commands.h"
#include "core/train/run_parts.h"
#include "core/train/structure.h"
#include "core/train/trainer_snapshot.h"
#include "core/train/training_step.h"

namespace eq::train {
namespace {

std::vector<std::string> namesOf(const std::vector<TaskRuntime>& tasks) {
  std::vector<std::string> names;
  for (const auto& task : tasks) names.push_back(task.info().name);
  return names;
}

}  // namespace

/// The parts of the run, and what its steps and commands have said that nobody has taken yet.
struct Trainer::State {
  State(Experiment given, data::Problem loaded, Purpose purpose)
      : parts(std::move(given), std::move(loaded), purpose == Purpose::training),
        watch(namesOf(parts.tasks)),
        balancerWatch(namesOf(parts.tasks)),
        predictionWatch(namesOf(parts.tasks)),
        rules(purpose == Purpose::training ? parts.experiment : Experiment()) {
    if (purpose == Purpose::teaching) return;
    for (size_t k = 0; k < parts.tasks.size(); ++k)
      probeLoss(parts, *parts.model, parts.tasks[k], k);
  }

  /// `data::fingerprint`, computed once.
  const nlohmann::json& fingerprint() const {
    if (fingerprint_.is_null()) fingerprint_ = data::fingerprint(parts.problem, taughtTasks());
    return fingerprint_;
  }

  /// Events of the moment.
  void tell(std::vector<EventRecord> fresh) {
    for (auto& event : fresh) {
      event.seconds = parts.progress.seconds;
      events.push_back(std::move(event));
    }
  }

  /// Notes of the moment.
  void tellLines(const std::vector<std::string>& lines) {
    std::vector<EventRecord> notes;
    for (const auto& line : lines) {
      notes.emplace_back();
      notes.back().step = parts.progress.steps;
      notes.back().kind = "note";
      notes.back().text = line;
    }
    tell(std::move(notes));
  }

  /// Says once that the limit of memory keeps the tasks apart.
  void tellWay(gradient::Way way) {
    const bool news = way != gradient::Way::stacked && way != toldWay_;
    if (news) toldWay_ = way;
    if (!news) return;
    tellLines({fmt::format(
        "the gradients of the tasks are taken {}; all at once they need more than the {:g} MB of "
        "engine.memory",
        way == gradient::Way::chunked ? "some at a time" : "in pairs, and not kept",
        parts.experiment.engine.memory)});
  }

  RunParts parts;
  FiniteWatch watch;
  BalancerWatch balancerWatch;
  PredictionWatch predictionWatch;
  Rules rules;
  PendingRecords pending;
  std::vector<EventRecord> events;

 private:
  std::set<std::string> taughtTasks() const {
    std::set<std::string> names;
    for (const auto& task : parts.experiment.tasks)
      if (!task.teacher.empty()) names.insert(task.name);
    return names;
  }

  mutable nlohmann::json fingerprint_;
  gradient::Way toldWay_ = gradient::Way::stacked;
};

data::Problem loadProblem(const Experiment& experiment) {
  const data::Setting setting{experiment.folder};
  const auto dataset =
      data::catalog().create(experiment.data.id, experiment.data.params, "data", setting);
  auto problem = dataset->load(deriveSeed(experiment.seed, "data"));
  checkBroughtFields(experiment, problem);
  return problem;
}

Trainer::Trainer(Experiment experiment) {
  deviceFromText(experiment.device);  // before loading what may be large
  auto problem = loadProblem(experiment);
  state_ = std::make_unique<State>(std::move(experiment), std::move(problem), Purpose::training);
}
Trainer::Trainer(Experiment experiment, data::Problem problem, Purpose purpose)
    : state_(std::make_unique<State>(std::move(experiment), std::move(problem), purpose)) {}
Trainer::~Trainer() = default;

const Experiment& Trainer::experiment() const {
  return state_->parts.experiment;
}

std::vector<TaskInfo> Trainer::tasks() const {
  std::vector<TaskInfo> infos;
  for (const auto& task : state_->parts.tasks) infos.push_back(task.info());
  return infos;
}

std::vector<std::vector<std::int64_t>> Trainer::classCounts() const {
  std::vector<std::vector<std::int64_t>> counts;
  for (const auto& task : state_->parts.tasks)
    counts.push_back(data::classCounts(state_->parts.problem, task.index()));
  return counts;
}

nlohmann::json Trainer::tableGuesses() const {
  const auto& guesses = state_->parts.problem.guesses;
  return guesses ? data::toJson(*guesses) : nlohmann::json();
}

const std::vector<data::Warning>& Trainer::warnings() const {
  return state_->parts.problem.warnings;
}

std::int64_t Trainer::parameterCount() const {
  return state_->parts.trained().values().numel();
}
std::int64_t Trainer::sharedParameterCount() const {
  return state_->parts.trained().count(model::kTrunk);
}
nlohmann::json Trainer::description() const {
  return describe(state_->parts);
}
std::int64_t Trainer::stepsDone() const {
  return state_->parts.progress.steps;
}
std::int64_t Trainer::stepsPerEpoch() const {
  return state_->parts.sampler->stepsPerEpoch();
}
std::int64_t Trainer::totalSteps() const {
  return state_->parts.totalSteps();
}
bool Trainer::atEpochEnd() const {
  return state_->parts.sampler->atEpochStart();
}

void Trainer::step() {
  state_->watch.requireProgress(stepsDone());
  guarded(fmt::format("step {}", stepsDone() + 1), [&] {
    state_->tell(restructure(state_->parts));
    state_->tellLines(state_->parts.schemes.between(state_->parts));
    auto pending = takeStep(state_->parts);
    state_->tellWay(pending.way);
    state_->pending.add(std::move(pending));
  });
}

std::int64_t Trainer::stepsWithoutUpdate() const {
  return state_->watch.skipped();
}

void Trainer::requireAnyUpdate() const {
  state_->watch.requireAnyUpdate(stepsDone());
}

std::vector<StepRecord> Trainer::takeRecords() {
  TakenRecords taken;
  guarded(fmt::format("step {}", stepsDone()), [&] { taken = state_->pending.take(); });
  auto events = state_->watch.read(taken);
  for (auto& event : state_->balancerWatch.read(taken)) events.push_back(std::move(event));
  state_->tell(std::move(events));
  for (const auto& record : taken.records) state_->rules.add(record);
  return std::move(taken.records);
}
std::vector<EventRecord> Trainer::takeEvents() {
  return std::exchange(state_->events, {});
}
void Trainer::apply(const Command& command) {
  state_->events.push_back(applyTo(state_->parts, command));
  if (command.kind == Command::Kind::setLoss) {
    const auto& task = experiment().tasks.at(static_cast<size_t>(command.task)).name;
    state_->rules.lossChanged(task, stepsDone());
    state_->parts.best.lossChanged(task);
  }
  if (command.kind != Command::Kind::setRules) return;
  Rules changed(experiment());
  changed.takeOver(state_->rules);
  state_->rules = std::move(changed);
}
void Trainer::setEpochs(double epochs) {
  state_->parts.experiment.epochs = epochs;
}
bool Trainer::evaluationIsDue() const {
  const auto every = experiment().evaluateEvery;
  return every > 0 ? stepsDone() % every == 0 : atEpochEnd();
}
void Trainer::look(const EvaluationRecord& evaluation) {
  state_->parts.best.add(evaluation, experiment().tasks, state_->parts.trained());
  state_->parts.feed.look(evaluation, experiment().tasks);
  state_->tellLines(state_->parts.schemes.look(state_->parts, evaluation));
  state_->rules.add(evaluation);
}
bool Trainer::looksAtSteps() const {
  return state_->rules.lookAtSteps();
}
std::vector<Firing> Trainer::takeFirings() {
  return state_->rules.takeFirings();
}
EvaluationRecord Trainer::evaluate(SplitName split) {
  auto record = train::evaluate(state_->parts, split);
  recall(record);
  return record;
}
void Trainer::recall(const EvaluationRecord& evaluation) {
  state_->tell(state_->predictionWatch.read(evaluation));
}
void Trainer::teach(size_t task, data::Problem& problem, size_t pupil) const {
  const auto& own = state_->parts.problem;
  const auto answer = [&](const data::Split& read, data::Split& told) {
    told.fields.resize(problem.tasks.size());
    told.fields.at(pupil)["teacher"] = predictions(state_->parts, task, read.inputs);
  };
  answer(own.train, problem.train);
  answer(own.validation, problem.validation);
  answer(own.test, problem.test);
  problem.tasks.at(pupil).fields.emplace_back("teacher");
}
IntervalRecord Trainer::intervals(SplitName split) const {
  return train::intervals(state_->parts, split);
}
ExampleView Trainer::examples(const ExampleRequest& request) const {
  return view(state_->parts, request);
}
std::vector<ExamplePicture> Trainer::pictures(const std::vector<std::int64_t>& indices) const {
  return train::pictures(state_->parts, indices);
}
PredictionSurvey Trainer::surveyPredictions(SplitName split, size_t task,
                                            const SurveyProgress& progress) const {
  return surveyOf(state_->parts, split, task, progress);
}
std::vector<PredictedExample> Trainer::predictedExamples(
    SplitName split, size_t task, const std::vector<std::int64_t>& indices) const {
  return train::predictedExamples(state_->parts, split, task, indices);
}
std::vector<FrontPoint> Trainer::front(SplitName split,
                                       const std::vector<std::vector<double>>& preferences) const {
  return frontOf(state_->parts, splitOf(state_->parts.problem, split), preferences,
                 /*samples=*/true);
}
FrontLook Trainer::frontLook(const FrontLookRequest& request) const {
  return lookAtFront(state_->parts, request);
}
Snapshot Trainer::plainSnapshot(const std::vector<double>& preference,
                                std::optional<double> budget) const {
  if (!state_->parts.front) fail("pareto: this run trains one model and has no front");
  auto plain = experiment();
  plain.pareto = {};
  const Trainer other(plain, state_->parts.problem);
  auto& model = *other.state_->parts.model;
  if (budget)
    placeWithin(state_->parts, model, preference, *budget);
  else
    state_->parts.front->writePlain(model, preference);
  auto snapshot = other.snapshot();
  const auto now = this->snapshot();
  for (const char* key : {"step", "examples", "seconds", "sampler", "frozen"})
    snapshot.meta[key] = now.meta.at(key);
  return snapshot;
}
std::unique_ptr<Trainer> Trainer::twin() const {
  return std::make_unique<Trainer>(state_->parts.experiment, state_->parts.problem);
}
Snapshot Trainer::snapshot() const {
  auto snapshot = snapshotOf(state_->parts, state_->watch, state_->fingerprint());
  state_->balancerWatch.addState(snapshot.meta);
  state_->predictionWatch.addState(snapshot.meta);
  state_->rules.addState(snapshot.meta);
  state_->parts.best.addState(snapshot);
  return snapshot;
}
void Trainer::begin(const Weights& weights) {
  auto& parts = state_->parts;
  state_->tell({takeParameters(parts.experiment.init, weights, *parts.model)});
}
void Trainer::restore(const Snapshot& snapshot) {
  restoreFrom(snapshot, state_->parts, state_->watch);
  state_->balancerWatch.restore(snapshot.meta);
  state_->predictionWatch.restore(snapshot.meta);
  state_->rules.restore(snapshot.meta);
  state_->parts.best.restore(snapshot, state_->parts.device);
}

}  // namespace eq::train
