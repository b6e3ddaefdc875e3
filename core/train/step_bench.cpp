#include "core/train/step_bench.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include <torch/nn/functional.h>
#include <torch/nn/modules.h>
#include <torch/optim/adam.h>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/data/problem.h"
#include "core/train/device.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kClasses = 10;
constexpr std::int64_t kBatches = 16;
constexpr int kWarmUp = 10;
/// Steps between two readings of the trainer's records, as often as the window would at 60 Hz.
constexpr std::int64_t kTakeEvery = 16;

std::vector<std::int64_t> inputShape(const StepBenchSpec& spec) {
  return spec.model == "cnn" ? std::vector<std::int64_t>{1, 28, 28} : std::vector<std::int64_t>{64};
}

data::Split randomSplit(const StepBenchSpec& spec, std::int64_t examples) {
  auto shape = inputShape(spec);
  shape.insert(shape.begin(), examples);
  data::Split split;
  split.inputs = torch::randn(shape);
  for (std::int64_t k = 0; k < spec.tasks; ++k)
    split.targets.push_back(torch::randint(kClasses, {examples}, torch::kLong));
  return split;
}

data::Problem randomProblem(const StepBenchSpec& spec) {
  data::Problem problem;
  problem.inputShape = inputShape(spec);
  problem.train = randomSplit(spec, spec.batch * kBatches);
  problem.validation = problem.test = randomSplit(spec, spec.batch);
  for (std::int64_t k = 0; k < spec.tasks; ++k)
    problem.tasks.push_back(
        {"task" + std::to_string(k), TaskKind::classification, kClasses, {}, {}, {}});
  return problem;
}

/// One timed training step.
class Subject {
 public:
  virtual ~Subject() = default;
  virtual void step() = 0;
};

class BareLoop : public Subject {
 public:
  BareLoop(const StepBenchSpec& spec, const data::Problem& problem, const at::Device& device)
      : split_(problem.train.to(device)), batch_(spec.batch), trunk_(makeTrunk(spec.model)) {
    const std::int64_t width = spec.model == "cnn" ? 128 : 512;
    auto parameters = trunk_->parameters();
    for (std::int64_t k = 0; k < spec.tasks; ++k) {
      heads_.emplace_back(width, kClasses);
      for (const auto& tensor : heads_.back()->parameters()) parameters.push_back(tensor);
      heads_.back()->to(device);
    }
    trunk_->to(device);
    order_ = torch::randperm(split_.size(), torch::TensorOptions(torch::kLong).device(device));
    adam_ = std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-3));
  }

  void step() override {
    const auto rows = order_.narrow(0, batch_ * (step_++ % kBatches), batch_);
    adam_->zero_grad();
    const auto representation = trunk_->forward(split_.inputs.index_select(0, rows));
    at::Tensor total;
    for (size_t k = 0; k < heads_.size(); ++k) {
      const auto loss = torch::nn::functional::cross_entropy(
          heads_[k]->forward(representation), split_.targets[k].index_select(0, rows));
      total = k == 0 ? loss : total + loss;
    }
    total.backward();
    adam_->step();
  }

 private:
  static torch::nn::Sequential makeTrunk(const std::string& model) {
    using namespace torch::nn;
    if (model == "mlp") return Sequential(Linear(64, 512), ReLU(), Linear(512, 512), ReLU());
    return Sequential(Conv2d(1, 16, 3), ReLU(), MaxPool2d(2), Conv2d(16, 32, 3), ReLU(),
                      MaxPool2d(2), Flatten(), Linear(32 * 5 * 5, 128), ReLU());
  }

  data::Split split_;
  std::int64_t batch_;
  torch::nn::Sequential trunk_;
  std::vector<torch::nn::Linear> heads_;
  at::Tensor order_;
  std::unique_ptr<torch::optim::Adam> adam_;
  std::int64_t step_ = 0;
};

class WholeTrainer : public Subject {
 public:
  WholeTrainer(const StepBenchSpec& spec, const data::Problem& problem, const std::string& method)
      : trainer_(experimentOf(spec, method), problem) {}

  void step() override {
    trainer_.step();
    if (trainer_.stepsDone() % kTakeEvery == 0) trainer_.takeRecords();
  }

 private:
  static Experiment experimentOf(const StepBenchSpec& spec, const std::string& method) {
    Experiment experiment;
    experiment.model = spec.model == "cnn"
                           ? MethodSpec{"cnn"}
                           : MethodSpec{"mlp", {{"hidden", {512, 512}}, {"activation", "relu"}}};
    if (balance::weightings().contains(method))
      experiment.balancer.weighting.id = method;
    else
      experiment.balancer.gradient.id =
          balance::gradientMethods().descriptor(method, "--methods").id;
    experiment.batchSize = spec.batch;
    experiment.epochs = 1e6;
    experiment.device = spec.device;
    experiment.conflict.every = 0;
    return experiment;
  }

  Trainer trainer_;
};

struct Timed {
  std::string method;
  std::unique_ptr<Subject> subject;
  std::vector<double> milliseconds = {};
};

double timeOf(Subject& subject, const std::function<void()>& wait) {
  wait();
  const auto start = Clock::now();
  subject.step();
  wait();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

StepBenchRow summary(Timed& timed) {
  auto& times = timed.milliseconds;
  std::sort(times.begin(), times.end());
  return {timed.method, times.front(), times[times.size() / 2], 0};
}

}  // namespace

std::vector<StepBenchRow> benchSteps(const StepBenchSpec& spec) {
  const auto device = deviceFromText(spec.device);
  torch::manual_seed(1);
  const auto problem = randomProblem(spec);
  std::vector<Timed> all;
  all.push_back({"bare", std::make_unique<BareLoop>(spec, problem, device)});
  for (const auto& method : spec.methods)
    all.push_back({method, std::make_unique<WholeTrainer>(spec, problem, method)});
  // A step ends when the device has done it.
  const std::function<void()> wait = [&] {
    if (device.is_cuda()) torch::zeros({1}, device).item<float>();
  };
  for (auto& timed : all)
    for (int i = 0; i < kWarmUp; ++i) timed.subject->step();
  for (std::int64_t round = 0; round < spec.rounds; ++round)
    for (auto& timed : all) timed.milliseconds.push_back(timeOf(*timed.subject, wait));
  std::vector<StepBenchRow> rows;
  for (auto& timed : all) {
    rows.push_back(summary(timed));
    rows.back().ratio = rows.back().minMs / rows.front().minMs;
  }
  return rows;
}

}  // namespace eq::train
