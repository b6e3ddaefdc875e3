#include "core/train/step_bench.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include <torch/types.h>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/data/catalog.h"
#include "core/data/problem.h"
#include "core/train/bench_subjects.h"
#include "core/train/device.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWarmUp = 10;
/// Steps between two readings of the trainer's records, as often as the window would at 60 Hz.
constexpr std::int64_t kTakeEvery = 16;

std::vector<std::int64_t> inputShape(const StepBenchSpec& spec) {
  return spec.readsImages() ? std::vector<std::int64_t>{1, 28, 28} : std::vector<std::int64_t>{64};
}

data::Split randomSplit(const StepBenchSpec& spec, std::int64_t examples) {
  auto shape = inputShape(spec);
  shape.insert(shape.begin(), examples);
  data::Split split;
  split.inputs = torch::randn(shape);
  for (std::int64_t k = 0; k < spec.tasks; ++k)
    split.targets.push_back(torch::randint(kBenchClasses, {examples}, torch::kLong));
  return split;
}

data::Problem randomProblem(const StepBenchSpec& spec) {
  data::Problem problem;
  problem.inputShape = inputShape(spec);
  problem.train = randomSplit(spec, spec.batch * kBenchBatches);
  problem.validation = problem.test = randomSplit(spec, spec.batch);
  for (std::int64_t k = 0; k < spec.tasks; ++k)
    problem.tasks.push_back(
        {"task" + std::to_string(k), TaskKind::classification, kBenchClasses, {}, {}, {}});
  return problem;
}

data::Problem problemOf(const StepBenchSpec& spec) {
  if (spec.model.id != "point") return randomProblem(spec);
  return data::catalog().create("two_valleys", {}, "data", data::Setting{})->load(1);
}

MethodSpec modelOf(const StepBenchSpec& spec) {
  if (spec.model.id != "mlp" || !spec.isPlain()) return spec.model;
  return {"mlp", {{"hidden", {512, 512}}, {"activation", "relu"}}};
}

class WholeTrainer : public BenchSubject {
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
    experiment.model = modelOf(spec);
    if (balance::weightings().contains(method))
      experiment.balancer.weighting.id = method;
    else
      experiment.balancer.gradient.id = method;
    experiment.batchSize = spec.batch;
    experiment.epochs = 1e6;
    experiment.device = spec.device;
    experiment.conflict.every = 0;
    return experiment;
  }

  Trainer trainer_;
};

balance::Needs needsOf(const std::string& method, std::int64_t tasks) {
  balance::Setting setting;
  setting.tasks = tasks;
  const auto& catalog =
      balance::weightings().contains(method) ? balance::weightings() : balance::gradientMethods();
  return catalog.create(method, {}, "--methods", setting)->needs();
}

void requireMethod(const std::string& id) {
  if (!balance::weightings().contains(id)) balance::gradientMethods().descriptor(id, "--methods");
}

struct Timed {
  std::string method;
  std::unique_ptr<BenchSubject> subject;
  std::vector<double> milliseconds = {};
  std::string problem = {};
};

/// Makes and warms up a subject; one that cannot train here says why.
Timed timedOf(const std::string& method,
              const std::function<std::unique_ptr<BenchSubject>()>& make) {
  Timed timed{method, nullptr};
  try {
    timed.subject = make();
    for (int i = 0; i < kWarmUp; ++i) timed.subject->step();
  } catch (const Error& error) {
    timed.subject = nullptr;
    timed.problem = error.what();
  }
  return timed;
}

double timeOf(BenchSubject& subject, const std::function<void()>& wait) {
  wait();
  const auto start = Clock::now();
  subject.step();
  wait();
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

StepBenchRow summary(Timed& timed) {
  if (!timed.subject) return {timed.method, 0, 0, 0, 0, timed.problem};
  auto& times = timed.milliseconds;
  std::sort(times.begin(), times.end());
  return {timed.method, times.front(), times[times.size() / 2], 0, 0, {}};
}

/// What a method that reads the Gramian should cost at most. \param loop ratio of "loop".
double gramianTarget(const StepBenchSpec& spec, double loop) {
  const auto is = [&](const char* model, std::int64_t batch, std::int64_t tasks) {
    return spec.isPlain() && spec.model.id == model && spec.batch == batch && spec.tasks == tasks;
  };
  if (is("mlp", 64, 2)) return 1.35;
  if (is("mlp", 64, 8)) return 1.7;
  if (is("mlp", 64, 40)) return 3.2;
  if (is("mlp", 256, 8)) return 2.5;
  if (is("cnn", 256, 2)) return 1.45;
  if (is("cnn", 256, 8)) return 3.0;
  if (is("cnn", 256, 40)) return 0.8 * loop;
  return is("resnet", 64, spec.tasks) || is("transformer", 64, spec.tasks) ? 0.8 * loop : 0;
}

/// The targets by what a method reads, from the ratios of the same run.
void addTargets(std::vector<StepBenchRow>& rows, const StepBenchSpec& spec) {
  if (spec.model.id == "point") return;
  const auto ratioOf = [&](const std::string& method) {
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const StepBenchRow& row) { return row.method == method; });
    return found == rows.end() ? 0 : found->ratio;
  };
  const auto loop = ratioOf("loop"), mgda = ratioOf("mgda");
  for (auto& row : rows) {
    if (row.method == "bare" || row.method == "loop" || !row.problem.empty()) continue;
    const bool weighting = balance::weightings().contains(row.method);
    const auto needs = needsOf(row.method, spec.tasks);
    if (row.method == "mgda")
      row.target = gramianTarget(spec, loop);
    else if (needs.rowNorms && !needs.gramian)
      row.target = mgda;
    else if (needs.gramian && !needs.representation)
      row.target = 1.1 * mgda;
    else if (needs.crossGramian)
      row.target = 3 * mgda;
    else if (needs.rows || needs.rowNumbers)
      row.target = 2 * mgda;
    else if (weighting)
      row.target = needs.lossesAfter || needs.validationLosses ? 1.5 : 1.06;
  }
}

}  // namespace

bool StepBenchSpec::isPlain() const {
  const auto& id = model.id;
  return model.params == nlohmann::json::object() &&
         (id == "mlp" || id == "cnn" || id == "resnet" || id == "transformer");
}

bool StepBenchSpec::readsImages() const {
  const auto& [id, params] = model;
  const bool ofConvolutions =
      params.is_object() && params.contains("base") && params.at("base") == "cnn";
  return ofConvolutions || id == "cnn" || id == "resnet" || id == "transformer" || id == "prompts";
}

std::vector<StepBenchRow> benchSteps(const StepBenchSpec& spec) {
  const auto device = deviceFromText(spec.device);
  torch::manual_seed(1);
  const auto problem = problemOf(spec);
  for (const auto& method : spec.methods) requireMethod(method);
  std::vector<Timed> all;
  all.push_back({"bare", bareSubject(spec, problem, device)});
  for (int i = 0; i < kWarmUp; ++i) all.front().subject->step();
  if (spec.model.id != "point")
    all.push_back(timedOf("loop", [&] { return loopSubject(spec, problem, device); }));
  for (const auto& method : spec.methods)
    all.push_back(
        timedOf(method, [&] { return std::make_unique<WholeTrainer>(spec, problem, method); }));
  // A step ends when the device has done it.
  const std::function<void()> wait = [&] {
    if (!device.is_cpu()) torch::zeros({1}, device).item<float>();
  };
  for (std::int64_t round = 0; round < spec.rounds; ++round)
    for (auto& timed : all)
      if (timed.subject) timed.milliseconds.push_back(timeOf(*timed.subject, wait));
  std::vector<StepBenchRow> rows;
  for (auto& timed : all) {
    rows.push_back(summary(timed));
    rows.back().ratio = rows.back().minMs / rows.front().minMs;
  }
  addTargets(rows, spec);
  return rows;
}

}  // namespace eq::train
