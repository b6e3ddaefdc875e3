#include "core/train/scheme/fork_merge.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/metric/catalog.h"
#include "core/train/inspection.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/scheme/branches.h"
#include "core/train/scheme/second_batch.h"
#include "core/train/step_measurement.h"

namespace eq::train {
namespace {

using Eigen::VectorXd;

/// Of the run's epochs, for finding out which tasks help the first one.
constexpr double kRanking = 0.1;

/// Places by falling values.
std::vector<size_t> byFalling(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return values[a] > values[b]; });
  return order;
}

class ForkMerge : public Scheme {
 public:
  /// Its branches are trained on the tasks' losses alone.
  bool takesPenalties() const override { return false; }

  ForkMerge(const Parameters& parameters, const SchemeSetting& setting)
      : every_(parameters.integer("every")),
        topk_(parameters.integers("topk")),
        grid_(parameters.numbers("grid")),
        tasks_(std::ssize(setting.tasks)) {
    if (tasks_ < 2)
      fail("{}.id: fork_merge asks which tasks help the first one, and there is no other",
           setting.path);
    if (topk_.empty() || grid_.empty())
      fail("{}.{}: expected at least one number, found []", setting.path,
           topk_.empty() ? "topk" : "grid");
    for (auto& count : topk_) count = std::min<std::int64_t>(count, tasks_ - 1);
    if (setting.validation == 0)
      fail("{}.id: fork_merge judges its branches on the validation split, and it is empty",
           setting.path);
    requireRowsOfOneBatch(setting, "fork_merge");
    const auto needs = balancerNeeds(setting);
    if (needs.lossesAfter || needs.validationLosses)
      fail(
          "{}.id: fork_merge runs the balancer in every branch, and {} reads more than a batch; "
          "choose another one",
          setting.path, setting.experiment.balancer.weighting.id);
  }

  std::vector<std::string> between(RunParts& parts) override {
    const bool fresh = begin(parts);
    if (fresh || !parts.sampler->atEpochStart() || judged_ == parts.progress.steps) return {};
    judged_ = parts.progress.steps;
    ++epochs_;
    judge(parts);
    if (ranking_) return epochs_ < rankingEpochs(parts) ? Lines() : Lines{endRanking(parts)};
    return epochs_ % every_ == 0 ? Lines{merge(parts)} : Lines();
  }

  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs& inputs,
                                        const VectorXd& factors, const std::vector<char>& active,
                                        StepMeasurement& measurement) override {
    return parts.balancer->weigh(inputs, factors.cwiseProduct(weightsOf(0)), active,
                                 measurement.parts());
  }

  void afterOptimizer(RunParts& parts, const BatchPass& pass) override {
    const auto factors = factorsOf(parts, pass.active);
    for (auto& branch : others_) {
      const InPlace here(parts, branch);
      trainOn(parts, pass, factors.cwiseProduct(branch.weights));
    }
  }

  nlohmann::json state() const override {
    if (!kept_.is_null()) return kept_;
    nlohmann::json state{{"judged", judged_}, {"epochs", epochs_},   {"ranking", ranking_},
                         {"order", order_},   {"score", mainScore_}, {"begun", begun_}};
    state["branches"] = stateOf(others_);
    return state;
  }
  void restore(const nlohmann::json& state) override { kept_ = state; }
  std::map<std::string, at::Tensor> tensors() const override {
    if (!kept_.is_null()) return keptTensors_;
    auto all = tensorsOf(others_);
    if (mainBest_.defined()) all["best"] = mainBest_;
    if (origin_.defined()) all["origin"] = origin_;
    return all;
  }
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors) override {
    keptTensors_ = tensors;
  }

 private:
  using Lines = std::vector<std::string>;

  size_t branchCount() const { return ranking_ ? static_cast<size_t>(tasks_ - 1) : topk_.size(); }

  /// The first task, with one other while they are ranked, else with the best ones.
  VectorXd weightsOf(size_t branch) const {
    VectorXd weights = VectorXd::Zero(tasks_);
    weights[0] = 1;
    const auto count = ranking_ ? 1 : topk_[branch];
    for (std::int64_t i = 0; i < count; ++i) {
      const auto place = ranking_ ? branch : static_cast<size_t>(i);
      weights[order_.at(place)] = 1.0 / static_cast<double>(count);
    }
    return weights;
  }

  /// Forks where nothing stands yet, or what stands was of another model. \return whether it did.
  bool begin(RunParts& parts) {
    const auto size = parts.model->parameters().values().numel();
    const bool restores = !kept_.is_null() && kept_.at("begun").get<bool>();
    if (restores) {
      resume(parts);
      return false;
    }
    if (begun_ && size_ == size) return false;
    kept_ = nullptr;
    keptTensors_.clear();
    begun_ = true;
    size_ = size;
    order_.resize(static_cast<size_t>(tasks_ - 1));
    std::iota(order_.begin(), order_.end(), 1);
    // Where all others join or none does there is nothing to rank.
    ranking_ = std::any_of(topk_.begin(), topk_.end(),
                           [&](std::int64_t count) { return count > 0 && count < tasks_ - 1; });
    epochs_ = 0;
    origin_ = ranking_ ? parts.model->parameters().values().clone() : at::Tensor();
    fork(parts);
    return true;
  }

  void resume(RunParts& parts) {
    const auto state = std::exchange(kept_, nullptr);
    const auto tensors = std::exchange(keptTensors_, {});
    begun_ = true;
    size_ = parts.model->parameters().values().numel();
    judged_ = state.at("judged").get<std::int64_t>();
    epochs_ = state.at("epochs").get<std::int64_t>();
    ranking_ = state.at("ranking").get<bool>();
    order_ = state.at("order").get<std::vector<std::int64_t>>();
    mainScore_ = state.at("score").get<double>();
    const auto of = [&](const char* name) {
      const auto found = tensors.find(name);
      return found == tensors.end() ? at::Tensor() : found->second;
    };
    mainBest_ = of("best");
    origin_ = of("origin");
    fork(parts, false);
    restoreInto(others_, tensors, state.at("branches"));
  }

  void fork(RunParts& parts, bool anew = true) {
    others_.clear();
    for (size_t b = 1; b < branchCount(); ++b) others_.push_back(branchOff(parts, weightsOf(b)));
    if (anew) mainBest_.reset();
  }

  std::int64_t rankingEpochs(const RunParts& parts) const {
    return std::max<std::int64_t>(1, std::llround(kRanking * parts.experiment.epochs));
  }

  /// The first task's first metric on the validation split, higher is better.
  static double scoreOf(const RunParts& parts) {
    const auto& metrics = parts.experiment.tasks[0].metrics;
    const auto id = metrics.empty() ? std::string("loss") : metrics.front().id;
    const auto found = evaluate(parts, SplitName::validation).tasks.at(0);
    const bool high = metric::catalog().contains(id) &&
                      metric::catalog().descriptor(id).traits.value("direction", "") == "max";
    const double value = found.contains(id) ? found.at(id) : found.at("loss");
    if (std::isnan(value)) return -std::numeric_limits<double>::max();
    return high && found.contains(id) ? value : -value;
  }

  static void keepBest(const RunParts& parts, double& score, at::Tensor& best) {
    const double now = scoreOf(parts);
    if (best.defined() && now <= score) return;
    score = now;
    best = parts.model->parameters().values().clone();
  }

  void judge(RunParts& parts) {
    keepBest(parts, mainScore_, mainBest_);
    for (auto& branch : others_) {
      const InPlace here(parts, branch);
      keepBest(parts, branch.score, branch.best);
    }
  }

  std::vector<double> scores() const {
    std::vector<double> found{mainScore_};
    for (const auto& branch : others_) found.push_back(branch.score);
    return found;
  }

  /// The tasks by how well the first one did with each, and all back to where they began.
  std::string endRanking(RunParts& parts) {
    std::vector<std::int64_t> order;
    std::vector<std::string> names;
    for (const auto place : byFalling(scores())) {
      order.push_back(order_[place]);
      names.push_back(parts.experiment.tasks[static_cast<size_t>(order.back())].name);
    }
    order_ = std::move(order);
    ranking_ = false;
    epochs_ = 0;
    const at::NoGradGuard noGradients;
    parts.model->parameters().values().copy_(origin_);
    origin_.reset();
    parts.optimizer = makeOptimizer(parts.experiment, *parts.model);
    parts.balancer = makeBalancer(parts.experiment, parts.tasks, parts.parts, *parts.model);
    fork(parts);
    return fmt::format("{} gains most from {}; it begins anew with them",
                       parts.experiment.tasks[0].name, fmt::join(names, ", then "));
  }

  /// All branches go on from what the best of them come to together.
  std::string merge(RunParts& parts) {
    std::vector<at::Tensor> values{mainBest_};
    for (const auto& branch : others_) values.push_back(branch.best);
    const at::NoGradGuard noGradients;
    const auto& own = parts.model->parameters().values();
    const auto merged = greedyMerge(values, scores(), grid_, [&](const at::Tensor& candidate) {
      own.copy_(candidate);
      return scoreOf(parts);
    });
    own.copy_(merged.values);
    mainBest_.reset();
    for (auto& branch : others_) {
      branch.values = merged.values.clone();
      branch.best.reset();
    }
    std::vector<std::string> shares;
    for (const double share : merged.shares) shares.push_back(fmt::format("{:.3g}", share));
    return fmt::format("the branches merge by {}", fmt::join(shares, ", "));
  }

  std::int64_t every_;
  std::vector<std::int64_t> topk_;
  std::vector<double> grid_;
  std::int64_t tasks_;
  bool begun_ = false;
  std::int64_t size_ = 0;  ///< of the model that was forked
  bool ranking_ = false;
  std::vector<std::int64_t> order_;  ///< the tasks but the first, the most helpful first
  std::int64_t epochs_ = 0;          ///< since the ranking, or the merging, began
  std::int64_t judged_ = -1;         ///< the step before which branches were judged
  double mainScore_ = 0;             ///< of the run's own parameters, the first branch
  at::Tensor mainBest_, origin_;
  std::vector<Branch> others_;
  nlohmann::json kept_ = nullptr;  ///< a state that was restored, until a step comes
  std::map<std::string, at::Tensor> keptTensors_;
};

}  // namespace

Merged greedyMerge(const std::vector<at::Tensor>& branches, const std::vector<double>& scores,
                   const std::vector<double>& grid,
                   const std::function<double(const at::Tensor&)>& scoreOf) {
  const auto order = byFalling(scores);
  std::vector<double> shares(branches.size(), 0);
  Merged merged{branches[order[0]], {}, scores[order[0]]};
  shares[order[0]] = 1;
  double sum = 1;
  for (size_t i = 1; i < order.size(); ++i) {
    const double most = sum / static_cast<double>(i);
    const auto former = merged.values;
    double chosen = 0;
    for (const double a : grid) {
      const double share = a * most;
      const auto candidate = (former * sum + branches[order[i]] * share) / (sum + share);
      const double score = scoreOf(candidate);
      if (!(score > merged.score)) continue;
      merged.values = candidate;
      merged.score = score;
      chosen = share;
    }
    shares[order[i]] = chosen;
    sum += chosen;
  }
  for (auto& share : shares) share /= sum;
  merged.shares = std::move(shares);
  return merged;
}

SchemeRow forkMergeRow() {
  auto topk = ParameterSpec::integerList("topk", {0, 1},
                                         "A branch each: how many of the others train with the "
                                         "first task, each with the weight 1/k")
                  .from(0);
  auto grid = ParameterSpec::numberList("grid", {0, 0.2, 0.4, 0.6, 0.8, 1},
                                        "Shares that are tried when a branch joins, of the mean "
                                        "of those that have joined")
                  .from(0);
  Descriptor descriptor;
  descriptor.id = "fork_merge";
  descriptor.title = "ForkMerge";
  descriptor.summary =
      "For the first task, with the others as helpers. Branches train on the same batches with "
      "unlike helpers, and every so many epochs the best of each are merged as its validation "
      "score "
      "says, and go on from there. Which helpers come first is found out before, in a tenth of the "
      "epochs, by the first task with each alone; then training begins anew. The record and the "
      "plots are those of the first branch. Optimizers and balancers stay each branch's own.";
  descriptor.formula =
      "θ = Σ λ_b θ_b/Σ λ_b; by falling score λ_b = a mean(λ before), a from the grid, where the "
      "score rises";
  descriptor.citation =
      "Jiang et al., ForkMerge: Mitigating Negative Transfer in Auxiliary-Task "
      "Learning, NeurIPS 2023";
  descriptor.parameters = {
      ParameterSpec::integer("every", 5, "Epochs between two merges").from(1).in("epochs"), topk,
      grid};
  descriptor.traits = {{"kind", "H"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<ForkMerge>(parameters, setting);
          }};
}

}  // namespace eq::train
