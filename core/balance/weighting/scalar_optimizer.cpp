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
  for (size_t i = 0; i < entries.size(); ++i) {
    const double g = gradient[static_cast<Eigen::Index>(i)];
    values[entries[i]] -= rate_ * (adam_ ? direction(entries[i], g) : g);
  }
}

double ScalarOptimizer::direction(Eigen::Index entry, double gradient) {
  double& first = first_[entry];
  double& second = second_[entry];
  const double step = ++steps_[entry];
  first = kFirstDecay * first + (1 - kFirstDecay) * gradient;
  second = kSecondDecay * second + (1 - kSecondDecay) * gradient * gradient;
  const double unbiasedFirst = first / (1 - std::pow(kFirstDecay, step));
  const double unbiasedSecond = second / (1 - std::pow(kSecondDecay, step));
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
