#include "core/balance/weighting/coba.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>

#include "core/balance/loss_refusal.h"
#include "core/balance/masked_balancer.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

using Series = std::deque<double>;

void keep(Series& series, double value, size_t most) {
  series.push_back(value);
  if (series.size() > most) series.pop_front();
}

/// Of the least-squares line through the values at 0, 1, ...; 0 for fewer than two.
double slopeOf(const Series& values) {
  const auto count = static_cast<double>(values.size());
  if (values.size() < 2) return 0;
  double product = 0;
  // From the first value: a level stretch has the slope 0 to the bit.
  for (size_t i = 0; i < values.size(); ++i)
    product += (static_cast<double>(i) - (count - 1) / 2) * (values[i] - values.front());
  return product / (count * (count * count - 1) / 12);
}

double sizeOf(const Series& values, size_t newest) {
  double sum = 0;
  for (size_t i = values.size() - newest; i < values.size(); ++i) sum += std::abs(values[i]);
  return sum;
}

VectorXd softmaxOf(const VectorXd& exponents) {
  const VectorXd powers = (exponents.array() - exponents.maxCoeff()).exp();
  return powers / powers.sum();
}

class Coba : public MaskedBalancer {
 public:
  Coba(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        tau_(parameters.number("tau")),
        warmup_(parameters.integer("warmup")),
        history_(static_cast<size_t>(parameters.integer("history"))),
        released_(parameters.text("form") == "released"),
        tasks_(static_cast<size_t>(setting.tasks)) {}

  Needs needs() const override { return {.validationLosses = true, .firstValidation = step_ == 0}; }
  std::vector<Remark> remarks() const override { return refusal_.remarks(); }

  nlohmann::json state() const override {
    auto tasks = nlohmann::json::array();
    for (const auto& task : tasks_)
      tasks.push_back({{"first", task.first > 0 ? nlohmann::json(task.first) : nlohmann::json()},
                       {"ratios", task.ratios},
                       {"slopes", task.slopes}});
    return {{"step", step_}, {"tasks", tasks}, {"largest", largest_}, {"leading", leading_}};
  }
  void restore(const nlohmann::json& state) override {
    step_ = state.at("step").get<std::int64_t>();
    largest_ = state.at("largest").get<Series>();
    leading_ = state.at("leading").get<Series>();
    for (size_t k = 0; k < tasks_.size(); ++k) {
      const auto& task = state.at("tasks").at(k);
      const auto& first = task.at("first");
      tasks_[k] = {first.is_null() ? 0 : first.get<double>(), task.at("ratios").get<Series>(),
                   task.at("slopes").get<Series>()};
    }
  }

 private:
  struct Course {
    double first = 0;  ///< V(0); 0: not known
    Series ratios;     ///< the newest V(t)/V(0)
    Series slopes;     ///< the newest recorded
  };

  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    if (refusal_.refuses(firstOnes(inputs, tasks), tasks)) return refusal_.weights();
    takeIn(inputs, tasks);
    const auto t = step_++;
    const auto count = static_cast<double>(tasks.size());
    if (t <= warmup_) return VectorXd::Constant(std::ssize(tasks), 1 / count);
    const VectorXd slopes = record(tasks);
    const double trust = divergence();
    const VectorXd mixed = trust * relative(slopes) + (1 - trust) * absolute(tasks, window(t));
    if (!released_) return mixed;
    VectorXd weights = softmaxOf(count * mixed);
    const double least = 1 / (10 * count);
    if (weights.minCoeff() < least) weights = (weights.array() * (1 - count * least) + least);
    return weights;
  }

  void takeIn(const Inputs& inputs, const Tasks& tasks) {
    double largest = -std::numeric_limits<double>::infinity();
    for (const Index k : tasks) {
      auto& task = tasks_[static_cast<size_t>(k)];
      const double now = inputs.validationLosses[k];
      if (!std::isfinite(now)) continue;  // no example of it, or a validation that went wrong
      if (task.first == 0) task.first = firstOf(k, inputs);
      keep(task.ratios, now / task.first, history_);
      largest = std::max(largest, task.ratios.back());
    }
    if (std::isfinite(largest)) keep(leading_, largest, history_);
  }

  /// [K] V(0) of the tasks that begin with this step; 1 for the others.
  VectorXd firstOnes(const Inputs& inputs, const Tasks& tasks) const {
    VectorXd found = VectorXd::Ones(std::ssize(tasks_));
    for (const Index k : tasks)
      if (tasks_[static_cast<size_t>(k)].first == 0 && std::isfinite(inputs.validationLosses[k]))
        found[k] = firstOf(k, inputs);
    return found;
  }

  static double firstOf(Index k, const Inputs& inputs) {
    const auto& given = inputs.firstValidation;
    const bool whole = given.size() > 0 && std::isfinite(given[k]);
    return whole ? given[k] : inputs.validationLosses[k];
  }

  /// This step's slopes, once they are recorded.
  VectorXd record(const Tasks& tasks) {
    VectorXd slopes(std::ssize(tasks));
    for (Index i = 0; i < slopes.size(); ++i) {
      auto& task = tasks_[static_cast<size_t>(tasks[static_cast<size_t>(i)])];
      slopes[i] = slopeOf(task.ratios);
      // Without a warm-up the released code reads one more.
      keep(task.slopes, slopes[i], history_ + 1);
    }
    largest_.push_back(released_ ? slopeOf(leading_) : slopes.maxCoeff());
    return slopes;
  }

  static VectorXd relative(const VectorXd& slopes) {
    const double size = slopes.cwiseAbs().sum();
    const auto count = static_cast<double>(slopes.size());
    return softmaxOf(size > 0 ? VectorXd(count / size * slopes) : VectorXd::Zero(slopes.size()));
  }

  /// How many of the newest slopes count. The released code cuts its records by the number of the
  /// step, though the first was made after the warm-up.
  size_t window(std::int64_t t) const {
    if (!released_) return history_;
    const auto records = t - warmup_;
    const auto cut = std::max<std::int64_t>(0, t - 1 - static_cast<std::int64_t>(history_));
    return static_cast<size_t>(std::max<std::int64_t>(1, records - cut));
  }

  VectorXd absolute(const Tasks& tasks, size_t most) const {
    VectorXd exponents = VectorXd::Zero(std::ssize(tasks));
    for (Index i = 0; i < exponents.size(); ++i) {
      const auto& slopes = tasks_[static_cast<size_t>(tasks[static_cast<size_t>(i)])].slopes;
      const auto newest = std::min(most, slopes.size());
      const double size = sizeOf(slopes, newest);
      // 0/0 of any task leaves nothing to compare.
      if (!(size > 0))
        return VectorXd::Constant(exponents.size(), 1.0 / static_cast<double>(exponents.size()));
      exponents[i] = -static_cast<double>(newest) * slopes.back() / size;
    }
    return softmaxOf(exponents);
  }

  double divergence() const {
    const auto count = static_cast<double>(largest_.size());
    const double size = sizeOf(largest_, largest_.size());
    if (!(size > 0)) return 1;
    const auto exponent = [&](double slope) { return -tau_ * count * slope / size; };
    double sum = 0;  // relative to the newest: overflow leaves a share of 0
    for (const double slope : largest_)
      sum += std::exp(exponent(slope) - exponent(largest_.back()));
    const double share = count / sum;
    return released_ ? share : std::min(share, 1.0);
  }

  LossRefusal refusal_{
      LossRefusal::Least::aboveZero,
      LossRefusal::Whole{"its first validation loss is not above 0, but the formula divides by it, "
                         "so it has no weight; a loss that is always above 0, or another "
                         "weighting, has one"}};
  double tau_;
  std::int64_t warmup_;
  size_t history_;
  bool released_;
  std::int64_t step_ = 0;
  std::vector<Course> tasks_;
  Series largest_;  ///< α_max of all records: each is compared with all
  Series leading_;  ///< the newest of the largest ratios
};

}  // namespace

CatalogRow<Balancer, const Setting&> cobaRow() {
  Descriptor descriptor;
  descriptor.id = "coba";
  descriptor.title = "Convergence balancer (CoBa)";
  descriptor.summary =
      "Brings tasks to converge together, by the slopes of their validation losses; costs one "
      "validation batch a step.";
  descriptor.formula = "w = DF softmax(K α/Σ|α|) + (1 − DF) softmax(−n α/Σ_i|α(i)|)";
  descriptor.citation =
      "Gong et al., CoBa: Convergence Balancer for Multitask Finetuning, EMNLP 2024";
  descriptor.parameters = withCommon(
      {ParameterSpec::number("tau", 5, "How sharply divergence is told from convergence").above(0),
       ParameterSpec::integer("warmup", 100, "Steps after the first with equal weights")
           .from(0)
           .in("steps"),
       ParameterSpec::integer("history", 200, "How many values a slope is taken over")
           .from(2)
           .in("steps"),
       ParameterSpec::choice("form", "paper", {"paper", "released"},
                             "The paper's formula, or what the authors' code computes")},
      Scale::mean, true);
  descriptor.inputs = {validationLossesInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Coba>(parameters, setting);
          }};
}

}  // namespace eq::balance
