#include "core/run/merging/coefficient_learner.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/merge/catalog.h"
#include "core/run/merging/number_nest.h"
#include "core/train/sampler.h"

namespace eq::run {
namespace {

using nlohmann::json;
using Objective = train::ParameterProbe::Objective;

/// Adam with weight decay beside it (0: none), or plain gradient descent.
class SmallOptimizer {
 public:
  SmallOptimizer(size_t count, double rate, double decay, bool adam)
      : first_(count, 0.0), second_(count, 0.0), rate_(rate), decay_(decay), adam_(adam) {}

  void step(std::vector<double>& values, const std::vector<double>& slopes) {
    ++steps_;
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] -= rate_ * decay_ * values[i];
      values[i] -= rate_ * (adam_ ? adamDirection(i, slopes[i]) : slopes[i]);
    }
  }

  json state() const { return {{"first", first_}, {"second", second_}, {"steps", steps_}}; }
  void restore(const json& state) {
    state.at("first").get_to(first_);
    state.at("second").get_to(second_);
    state.at("steps").get_to(steps_);
  }

 private:
  double adamDirection(size_t i, double slope) {
    constexpr double kFirst = 0.9, kSecond = 0.999, kEpsilon = 1e-8;
    first_[i] = kFirst * first_[i] + (1 - kFirst) * slope;
    second_[i] = kSecond * second_[i] + (1 - kSecond) * slope * slope;
    const double mean = first_[i] / (1 - std::pow(kFirst, steps_));
    const double square = second_[i] / (1 - std::pow(kSecond, steps_));
    return mean / (std::sqrt(square) + kEpsilon);
  }

  std::vector<double> first_, second_;
  double rate_, decay_;
  bool adam_;
  int steps_ = 0;
};

/// Each merged tensor's entries in P classes, one assignment a shape.
json drawnPartition(const merge::Question& question, std::int64_t classes, std::uint64_t seed) {
  json partition = json::object();
  for (const auto& place : question.places) {
    RandomStream stream(deriveSeed(seed, "partition " + merge::shapeText(place.shape)));
    std::vector<std::int64_t> data;
    for (Eigen::Index i = 0; i < place.size; ++i)
      data.push_back(static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(classes))));
    partition[place.name] = {{"shape", place.shape}, {"data", data}, {"dtype", "int64"}};
  }
  return partition;
}

/// One method's way of learning.
class Learning {
 public:
  Learning(const std::string& id, const json& params, std::uint64_t seed,
           const LearningPlace& place)
      : id_(id),
        params_(params),
        place_(place),
        objective_(objectiveOf()),
        scales_(params.value("learn_scale", false)) {
    const auto partitions = params_.value("partitions", std::int64_t{0});
    if (id_ == "atlas" && partitions > 0)
      fields_["partition"] = drawnPartition(place.question, partitions, seed);
    coefficients_ = startOf(partitions);
    chooseTasks();
    const auto each = std::max<std::int64_t>(1, batchOfATask());
    for (size_t t = 0; t < active_.size(); ++t)
      samplers_.emplace_back(place.probe.examples(), each, deriveSeed(seed, "merge batches", t),
                             at::kCPU);
  }

  json go() {
    auto values = numbersOf(coefficients_);
    if (scales_) values.push_back(params_.at("scale").get<double>());
    SmallOptimizer optimizer(values.size(), params_.at("lr").get<double>(),
                             params_.value("weight_decay", 0.0), id_ != "self_positioning");
    const auto steps = params_.at("steps").get<std::int64_t>();
    const auto first = begin(values, optimizer, steps);
    for (auto step = first; step <= steps; ++step) {
      tellStep(place_.progress, place_.memory, {"step", step, steps},
               [&] { return state(step, values, optimizer); });
      const auto found = slopes(values);
      if (!std::all_of(found.begin(), found.end(), [](double x) { return std::isfinite(x); }))
        fail("{}: at step {} a gradient is not finite; a smaller \"lr\" may help", id_, step);
      optimizer.step(values, found);
      project(values);
      take(values);
      keepIfBest(step, steps);
    }
    fields_["coefficients"] = best_.is_null() ? coefficients_ : best_;
    if (scales_) fields_["scale"] = params_["scale"];
    return fields_;
  }

 private:
  /// Where a merge that was stopped was, or at the beginning. \returns the first step.
  std::int64_t begin(std::vector<double>& values, SmallOptimizer& optimizer, std::int64_t steps) {
    const auto kept = keptBy(place_.memory);
    if (!kept) {
      keepIfBest(0, steps);
      return 1;
    }
    kept->meta.at("values").get_to(values);
    take(values);
    optimizer.restore(kept->meta.at("optimizer"));
    best_ = kept->meta.at("best");
    bestScore_ = kept->meta.at("best_score").get<double>();
    for (size_t t = 0; t < samplers_.size(); ++t)
      samplers_[t].restore(kept->meta.at("samplers").at(t));
    return kept->meta.at("step").get<std::int64_t>();
  }

  /// Before a step.
  train::Snapshot state(std::int64_t step, const std::vector<double>& values,
                        const SmallOptimizer& optimizer) const {
    auto samplers = json::array();
    for (const auto& sampler : samplers_) samplers.push_back(sampler.state());
    return {{},
            {{"step", step},
             {"values", values},
             {"optimizer", optimizer.state()},
             {"best", best_},
             {"best_score", bestScore_},
             {"samplers", samplers}}};
  }

  Objective objectiveOf() const {
    const auto name = params_.value("objective", id_ == "adamerging" ? "entropy" : "supervised");
    return name == "entropy" ? Objective::entropy : Objective::loss;
  }

  /// [task] factor of its objective: the experts' tasks are forgotten by atlas' negate.
  std::vector<double> factors() const {
    std::vector<double> all(active_.size(), 1.0);
    if (params_.value("objective", "") != "negate") return all;
    for (size_t t = 0; t < all.size(); ++t)
      if (place_.trained.at(t)) all[t] = -1;
    return all;
  }

  json startOf(std::int64_t partitions) const {
    const auto count = place_.question.count();
    if (id_ == "self_positioning")
      return std::vector<double>(
          count, params_.at("softmax").get<bool>() ? 0 : 1 / static_cast<double>(count));
    constexpr size_t kMany = 14;  // of which the released code starts lower
    double init = params_.value("init", 0.0);
    if (id_ == "adamerging" && count >= kMany && !place_.startsAsGiven) init = 0.1;
    if (params_.value("granularity", "layer") == "task") return std::vector<double>(count, init);
    json named = json::object();
    for (const auto& tensor : place_.question.places)
      named[tensor.name] = partitions > 0
                               ? json(std::vector<double>(static_cast<size_t>(partitions), init))
                               : json(init);
    return std::vector<json>(count, named);
  }

  /// Those that the objective knows.
  void chooseTasks() {
    const auto& infos = place_.probe.tasks();
    for (size_t t = 0; t < infos.size(); ++t) {
      const bool isKnown = objective_ == Objective::loss || hasClasses(infos[t].kind);
      active_.push_back(place_.tasks.at(t) && isKnown ? 1 : 0);
    }
    if (std::find(active_.begin(), active_.end(), 1) == active_.end())
      fail("{}: no task has classes, so there is no entropy to learn by", id_);
  }

  /// atlas shares its batch among the tasks.
  std::int64_t batchOfATask() const {
    const auto size = params_.at("batch_size").get<std::int64_t>();
    const auto tasks = std::count(active_.begin(), active_.end(), 1);
    return id_ == "atlas" ? size / tasks : size;
  }

  std::unique_ptr<merge::MergeMethod> method() const { return merge::createMerge(id_, params_); }
  merge::Merged mergedWith(const json& fields) const {
    const auto made = method();
    return dynamic_cast<const merge::TensorMerge&>(*made).mergedOf(place_.question, fields, 0);
  }

  std::vector<double> slopes(const std::vector<double>& values) {
    auto fields = fields_;
    fields["coefficients"] = coefficients_;
    place_.probe.set(place_.parameters(mergedWith(fields).theta));
    std::vector<at::Tensor> rows(active_.size());
    for (size_t t = 0; t < rows.size(); ++t) {
      if (!active_[t]) continue;
      rows[t] = samplers_[t].indices();
      samplers_[t].advance();
    }
    const auto found = place_.probe.gradients(objective_, rows, factors());
    fields["gradients"] = asField(found.gradients, place_.question);
    const auto told = mergedWith(fields).fields;
    auto all = numbersOf(told.at("coefficient_gradients"));
    if (scales_) all.push_back(told.at("scale_gradient").get<double>());
    if (id_ == "atlas") refine(values, all);
    return all;
  }

  /// atlas: the penalty, and the global norm clipped to 1.
  void refine(const std::vector<double>& values, std::vector<double>& slopes) const {
    addPenalty(values, slopes);
    double square = 0;
    for (const double slope : slopes) square += slope * slope;
    if (const double norm = std::sqrt(square); norm > 1)
      for (double& slope : slopes) slope /= norm;
  }

  /// penalty · mean over coefficients' places of ‖c_{·,ℓ}‖, over the experts.
  void addPenalty(const std::vector<double>& values, std::vector<double>& slopes) const {
    const double penalty = params_.at("penalty").get<double>();
    if (penalty == 0) return;
    const auto experts = place_.question.count(), places = values.size() / experts;
    for (size_t l = 0; l < places; ++l) {
      double square = 0;
      for (size_t k = 0; k < experts; ++k)
        square += values[k * places + l] * values[k * places + l];
      for (size_t k = 0; k < experts; ++k) {
        const double value = values[k * places + l];
        const double sign = value > 0 ? 1 : value < 0 ? -1 : 0;
        const double slope = params_.at("norm") == 1 ? sign
                             : square > 0            ? value / std::sqrt(square)
                                                     : 0;
        slopes[k * places + l] += penalty / static_cast<double>(places) * slope;
      }
    }
  }

  void project(std::vector<double>& values) const {
    if (!params_.value("clamp", false)) return;
    for (double& value : values) value = std::clamp(value, 0.0, 1.0);
  }

  void take(const std::vector<double>& values) {
    coefficients_ = nestOf(values, coefficients_);
    if (scales_) params_["scale"] = values.back();
  }

  /// atlas keeps the coefficients that validate best, looked at twenty times; by entropy the last,
  /// as no target is read.
  void keepIfBest(std::int64_t step, std::int64_t steps) {
    const auto every = std::max<std::int64_t>(1, steps / 20);
    if (id_ != "atlas" || objective_ == Objective::entropy) return;
    if (step % every != 0 && step != steps) return;
    auto fields = fields_;
    fields["coefficients"] = coefficients_;
    const double score = place_.judge(place_.parameters(mergedWith(fields).theta));
    if (!best_.is_null() && !(score > bestScore_)) return;
    best_ = coefficients_;
    bestScore_ = score;
  }

  std::string id_;
  json params_;
  const LearningPlace& place_;
  Objective objective_;
  bool scales_;  ///< learns the scale too
  json fields_ = json::object();
  json coefficients_, best_ = nullptr;
  double bestScore_ = 0;
  std::vector<char> active_;  ///< [task]
  std::vector<train::Sampler> samplers_;
};

}  // namespace

bool learnsCoefficients(const std::string& id) {
  return id == "adamerging" || id == "atlas" || id == "self_positioning";
}

json learnCoefficients(const std::string& id, const json& params, std::uint64_t seed,
                       const LearningPlace& place) {
  return Learning(id, params, seed, place).go();
}

json asField(const train::NamedTensors& tensors, const merge::Question& question) {
  json model = json::object();
  for (const auto& place : question.places) {
    std::vector<double> data(static_cast<size_t>(place.size), 0.0);
    if (const auto found = tensors.find(place.name); found != tensors.end()) {
      const auto numbers = found->second.to(at::kDouble).contiguous();
      std::copy_n(numbers.const_data_ptr<double>(), data.size(), data.begin());
    }
    model[place.name] = {{"shape", place.shape}, {"data", std::move(data)}};
  }
  return model;
}

}  // namespace eq::run
