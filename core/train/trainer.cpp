#include "core/train/trainer.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/catalog.h"
#include "core/train/device.h"
#include "core/train/trainer_state.h"

namespace eq::train {

data::Problem loadProblem(const Experiment& experiment) {
  const data::Setting setting{experiment.folder};
  const auto dataset =
      data::catalog().create(experiment.data.id, experiment.data.params, "data", setting);
  return dataset->load(deriveSeed(experiment.seed, "data"));
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
  return state_->experiment;
}

std::vector<TaskInfo> Trainer::tasks() const {
  std::vector<TaskInfo> infos;
  for (const auto& task : state_->tasks) infos.push_back(task.info());
  return infos;
}

const std::vector<data::Warning>& Trainer::warnings() const {
  return state_->problem.warnings;
}

std::int64_t Trainer::parameterCount() const {
  return state_->model->parameters().values().numel();
}
std::int64_t Trainer::sharedParameterCount() const {
  return state_->model->parameters().range(model::kTrunk).size();
}
std::int64_t Trainer::stepsDone() const {
  return state_->steps;
}
std::int64_t Trainer::stepsPerEpoch() const {
  return state_->sampler->stepsPerEpoch();
}
std::int64_t Trainer::totalSteps() const {
  return state_->totalSteps();
}
bool Trainer::atEpochEnd() const {
  return state_->sampler->atEpochStart();
}

void Trainer::step() {
  state_->requireProgress();
  guarded(fmt::format("step {}", state_->steps + 1), [&] { state_->update(); });
}

std::vector<StepRecord> Trainer::takeRecords() {
  return state_->takeRecords();
}
std::vector<EventRecord> Trainer::takeEvents() {
  return std::exchange(state_->events, {});
}
void Trainer::apply(const Command& command) {
  state_->apply(command);
}
EvaluationRecord Trainer::evaluate(SplitName split) {
  return state_->evaluate(split);
}
void Trainer::teach(size_t task, data::Problem& problem, size_t pupil) const {
  if (problem.inputShape != state_->problem.inputShape)
    fail("its inputs are [{}], those of this run [{}]", fmt::join(state_->problem.inputShape, ", "),
         fmt::join(problem.inputShape, ", "));
  for (auto* split : {&problem.train, &problem.validation, &problem.test}) {
    split->fields.resize(problem.tasks.size());
    split->fields.at(pupil)["teacher"] = state_->predictions(task, split->inputs);
  }
  problem.tasks.at(pupil).fields.emplace_back("teacher");
}
IntervalRecord Trainer::intervals(SplitName split) const {
  return state_->intervals(split);
}
ExampleView Trainer::examples(const ExampleRequest& request) const {
  return state_->view(request);
}
std::vector<ExamplePicture> Trainer::pictures(const std::vector<std::int64_t>& indices) const {
  return state_->pictures(indices);
}
Snapshot Trainer::snapshot() const {
  return state_->snapshot();
}
void Trainer::restore(const Snapshot& snapshot) {
  state_->restore(snapshot);
}

}  // namespace eq::train
