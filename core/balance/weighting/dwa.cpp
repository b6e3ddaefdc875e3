#include "core/balance/weighting/dwa.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <numeric>
#include <optional>

#include "core/balance/masked_balancer.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Of an exponent, so that the difference of two stays finite.
constexpr double kLargest = 1e300;

/// A task's newer mean loss over its older one; 1 where the older one is 0, and where one is
/// negative: -2 after -1 is better, not twice as slow.
double ratio(double newer, double older) {
  return older > 0 && newer >= 0 ? newer / older : 1;
}

/// Mean losses of the last two whole epochs of one task.
struct EpochMeans {
  double sum = 0;
  std::int64_t count = 0;
  std::optional<double> newer, older;

  void endEpoch() {
    if (count == 0) return;
    older = newer;
    newer = sum / static_cast<double>(count);
    sum = 0;
    count = 0;
  }
};

/// Loss histories of K tasks; says the ratio r_k once there is enough.
class History {
 public:
  virtual ~History() = default;
  /// Takes in this step's losses of `tasks`, before or after their ratios are asked for as `window`
  /// demands.
  virtual std::vector<std::optional<double>> ratios(const Inputs& inputs,
                                                    const std::vector<Index>& tasks) = 0;
  virtual nlohmann::json state() const = 0;
  virtual void restore(const nlohmann::json& state) = 0;
};

class EpochHistory : public History {
 public:
  explicit EpochHistory(Index tasks) : tasks_(static_cast<size_t>(tasks)) {}

  std::vector<std::optional<double>> ratios(const Inputs& inputs,
                                            const std::vector<Index>& tasks) override {
    if (inputs.epoch != epoch_)
      for (auto& task : tasks_) task.endEpoch();
    epoch_ = inputs.epoch;
    std::vector<std::optional<double>> found;
    for (const Index k : tasks) {
      auto& task = tasks_[static_cast<size_t>(k)];
      task.sum += inputs.losses[k];
      ++task.count;
      found.push_back(task.older ? std::optional(ratio(*task.newer, *task.older)) : std::nullopt);
    }
    return found;
  }

  nlohmann::json state() const override {
    auto list = nlohmann::json::array();
    const auto orNull = [](const auto& value) {
      return value ? nlohmann::json(*value) : nlohmann::json();
    };
    for (const auto& task : tasks_)
      list.push_back({{"sum", task.sum},
                      {"count", task.count},
                      {"newer", orNull(task.newer)},
                      {"older", orNull(task.older)}});
    return {{"epoch", epoch_}, {"tasks", list}};
  }

  void restore(const nlohmann::json& state) override {
    epoch_ = state.at("epoch").get<std::int64_t>();
    const auto read = [](const nlohmann::json& value) {
      return value.is_null() ? std::nullopt : std::optional(value.get<double>());
    };
    for (size_t k = 0; k < tasks_.size(); ++k) {
      const auto& task = state.at("tasks").at(k);
      tasks_[k] = {task.at("sum").get<double>(), task.at("count").get<std::int64_t>(),
                   read(task.at("newer")), read(task.at("older"))};
    }
  }

 private:
  std::int64_t epoch_ = 0;
  std::vector<EpochMeans> tasks_;
};

class WindowHistory : public History {
 public:
  WindowHistory(Index tasks, std::int64_t window)
      : window_(static_cast<size_t>(window)), losses_(static_cast<size_t>(tasks)) {}

  std::vector<std::optional<double>> ratios(const Inputs& inputs,
                                            const std::vector<Index>& tasks) override {
    std::vector<std::optional<double>> found;
    for (const Index k : tasks) {
      auto& losses = losses_[static_cast<size_t>(k)];
      losses.push_back(inputs.losses[k]);
      if (losses.size() > 2 * window_) losses.pop_front();
      found.push_back(losses.size() == 2 * window_ ? std::optional(halves(losses)) : std::nullopt);
    }
    return found;
  }

  nlohmann::json state() const override { return {{"losses", losses_}}; }
  void restore(const nlohmann::json& state) override {
    losses_ = state.at("losses").get<std::vector<std::deque<double>>>();
  }

 private:
  double halves(const std::deque<double>& losses) const {
    const auto middle = losses.begin() + static_cast<std::ptrdiff_t>(window_);
    return ratio(std::accumulate(middle, losses.end(), 0.0),
                 std::accumulate(losses.begin(), middle, 0.0));
  }

  size_t window_;
  std::vector<std::deque<double>> losses_;
};

class Dwa : public MaskedBalancer {
 public:
  Dwa(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::sum),
        temperature_(parameters.number("temperature")),
        byEpoch_(parameters.integer("window") == 0) {
    const auto window = parameters.integer("window");
    if (!byEpoch_)
      history_ = std::make_unique<WindowHistory>(setting.tasks, window);
    else
      history_ = std::make_unique<EpochHistory>(setting.tasks);
  }

  Needs needs() const override { return {.losses = true, .epoch = byEpoch_}; }
  nlohmann::json state() const override { return history_->state(); }
  void restore(const nlohmann::json& state) override { history_->restore(state); }

  std::vector<Remark> remarks() const override { return remarks_; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    remarks_.clear();
    for (const Index k : tasks)
      if (inputs.losses[k] < 0)
        remarks_.push_back({k, "its loss is negative; where a mean of such is, its pace is 1"});
    const auto ratios = history_->ratios(inputs, tasks);
    VectorXd exponents(std::ssize(tasks));
    for (size_t i = 0; i < tasks.size(); ++i) {
      if (!ratios[i]) return VectorXd::Ones(std::ssize(tasks));
      exponents[static_cast<Index>(i)] = std::clamp(*ratios[i] / temperature_, -kLargest, kLargest);
    }
    const VectorXd powers = (exponents.array() - exponents.maxCoeff()).exp();
    return static_cast<double>(tasks.size()) / powers.sum() * powers;
  }

  double temperature_;
  std::vector<Remark> remarks_;
  bool byEpoch_;
  std::unique_ptr<History> history_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> dwaRow() {
  Descriptor descriptor;
  descriptor.id = "dwa";
  descriptor.title = "Dynamic weight average (DWA)";
  descriptor.summary = "Tasks whose loss falls slowly get more weight.";
  descriptor.formula = "w = K softmax(r/T),  r_k = L̄_k(t−1)/L̄_k(t−2)";
  descriptor.citation =
      "Liu, Johns, Davison, End-to-End Multi-Task Learning with Attention, CVPR 2019";
  descriptor.parameters = withCommon(
      {ParameterSpec::number("temperature", 2, "Softness T: large makes the weights equal")
           .above(0),
       ParameterSpec::integer("window", 0,
                              "Compare the newer with the older W steps; 0: compare epochs")
           .from(0)
           .in("steps")},
      Scale::sum, true);
  descriptor.inputs = {lossesInput(), epochInput()};
  descriptor.traits = {{"scale", "sum"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Dwa>(parameters, setting);
          }};
}

}  // namespace eq::balance
