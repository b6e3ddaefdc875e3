#include "core/balance/weighting/scalar_optimizer.h"

#include <cmath>

#include "core/balance/masked_balancer.h"

namespace eq::balance {
namespace {

constexpr double kFirstDecay = 0.9;
constexpr double kSecondDecay = 0.999;
constexpr double kEpsilon = 1e-8;

}  // namespace

ScalarOptimizer::ScalarOptimizer(const Parameters& parameters, Eigen::Index size)
    : adam_(parameters.text("optimizer") == "adam"),
      rate_(parameters.number("lr")),
      first_(Eigen::VectorXd::Zero(size)),
      second_(Eigen::VectorXd::Zero(size)),
      steps_(Eigen::VectorXd::Zero(size)) {}

void ScalarOptimizer::step(Eigen::VectorXd& values, const std::vector<Eigen::Index>& entries,
                           const Eigen::VectorXd& gradient) {
  stuck_.clear();
  for (size_t i = 0; i < entries.size(); ++i) {
    const auto entry = entries[i];
    const double g = gradient[static_cast<Eigen::Index>(i)];
    const Moments moments = adam_ ? after(entry, g) : Moments{0, 0, 0};
    const double next = values[entry] - rate_ * (adam_ ? direction(moments) : g);
    if (!std::isfinite(next) || !moments.isFinite()) {
      stuck_.push_back(entry);
      continue;
    }
    values[entry] = next;
    if (!adam_) continue;
    first_[entry] = moments.first;
    second_[entry] = moments.second;
    steps_[entry] = moments.steps;
  }
}

bool ScalarOptimizer::Moments::isFinite() const {
  return std::isfinite(first) && std::isfinite(second);
}

ScalarOptimizer::Moments ScalarOptimizer::after(Eigen::Index entry, double gradient) const {
  return {kFirstDecay * first_[entry] + (1 - kFirstDecay) * gradient,
          kSecondDecay * second_[entry] + (1 - kSecondDecay) * gradient * gradient,
          steps_[entry] + 1};
}

double ScalarOptimizer::direction(const Moments& moments) {
  const double unbiasedFirst = moments.first / (1 - std::pow(kFirstDecay, moments.steps));
  const double unbiasedSecond = moments.second / (1 - std::pow(kSecondDecay, moments.steps));
  return unbiasedFirst / (std::sqrt(unbiasedSecond) + kEpsilon);
}

nlohmann::json ScalarOptimizer::state() const {
  return {{"first", vectorToJson(first_)},
          {"second", vectorToJson(second_)},
          {"steps", vectorToJson(steps_)}};
}

void ScalarOptimizer::restore(const nlohmann::json& state) {
  first_ = vectorFromJson(state.at("first"));
  second_ = vectorFromJson(state.at("second"));
  steps_ = vectorFromJson(state.at("steps"));
}

std::vector<ParameterSpec> ScalarOptimizer::parameters(const std::string& optimizer, double rate) {
  return {ParameterSpec::number("lr", rate, "Learning rate of what the balancer learns").above(0),
          ParameterSpec::choice("optimizer", optimizer, {"adam", "sgd"},
                                "What steps the numbers that the balancer learns")};
}

}  // namespace eq::balance
