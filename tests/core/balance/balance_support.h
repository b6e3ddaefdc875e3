#pragma once

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include <Eigen/QR>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/balance/two_slots.h"
#include "tests/balancers.h"

/// JA and JB of the sheet, and families of random Jacobians.
namespace eq::balance::test {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

inline MatrixXd jacobianA() {
  return MatrixXd{{-4, 1, 1}, {6, 1, 1}};
}
inline MatrixXd jacobianB() {
  return MatrixXd{{2, 0, 1}, {-1, 2, 0}, {0, -3, 2}};
}

inline Inputs inputsOf(const MatrixXd& jacobian, VectorXd losses = {}) {
  Inputs inputs;
  inputs.gramian = jacobian * jacobian.transpose();
  inputs.rowNorms = jacobian.rowwise().norm();
  inputs.losses = losses.size() > 0 ? losses : VectorXd::Ones(jacobian.rows());
  inputs.validationLosses = inputs.losses;
  inputs.kpi = (inputs.losses.array() / (1 + inputs.losses.array())).matrix();
  inputs.rowNumbers = inputs.lastRowNorms = inputs.rowNorms;
  const auto width = jacobian.cols();
  const MatrixXd mixed =
      0.5 * MatrixXd::Identity(width, width) + MatrixXd::Constant(width, width, 0.1);
  inputs.crossGramian = jacobian * mixed * jacobian.transpose();
  return inputs;
}

inline std::unique_ptr<Balancer> make(const std::string& id, const nlohmann::json& params,
                                      Index tasks, std::uint64_t seed = 1) {
  Setting setting;
  setting.tasks = tasks;
  setting.seed = seed;
  setting.path = id;
  const auto& catalog = weightings().contains(id) ? weightings() : gradientMethods();
  return catalog.create(id, params, id, setting);
}

inline const Descriptor& descriptorOf(const std::string& id) {
  return eq::test::balancerDescriptor(id);
}
inline bool has(const std::string& id, const std::string& parameter) {
  return eq::test::balancerHas(id, parameter);
}
using eq::test::fewestTasks;

/// What `id` needs for `tasks` tasks, with its order fixed where it has one, so that nothing is
/// drawn, and its nets small.
inline nlohmann::json plainParams(const std::string& id, Index tasks) {
  auto params = eq::test::neededParams(id, tasks);
  if (has(id, "order")) params["order"] = "ascending";
  if (has(id, "hidden")) params["hidden"] = 4;
  return params;
}

/// The methods whose update is a direction of its own have none.
inline bool hasWeights(const Descriptor& descriptor) {
  return !descriptor.traits.value("direction_only", false);
}

inline bool drawsAtRandom(const std::string& id) {
  return descriptorOf(id).traits.value("random", false) && !has(id, "order");
}

inline TwoSlots slotsOf(const std::string& id, const nlohmann::json& params, Index tasks,
                        std::uint64_t seed = 1) {
  auto balancer = make(id, params, tasks, seed);
  if (weightings().contains(id)) return {std::move(balancer), nullptr};
  return {make("equal", nlohmann::json::object(), tasks), std::move(balancer)};
}

/// What a step gave.
struct Taken {
  VectorXd weights, direction;
  Weights all = {};
};

/// A step as the trainer takes it, with all that balancers read. The other batches have rows of
/// their own, and the losses fall at unlike rates.
inline Taken take(TwoSlots& slots, const MatrixXd& jacobian, const VectorXd& losses,
                  std::int64_t step = 0, std::vector<char> present = {}) {
  if (present.empty()) present.assign(static_cast<size_t>(jacobian.rows()), 1);
  const auto needs = slots.needs();
  Inputs inputs = inputsOf(jacobian, losses);
  inputs.step = inputs.epoch = step;
  if (needs.rowNumbers) inputs.rowNumbers = slots.measureRows(jacobian, present);
  const auto found = slots.weigh(inputs, VectorXd::Ones(jacobian.rows()), present);
  const VectorXd direction = needs.rows ? slots.direction(jacobian, losses, found, present)
                                        : VectorXd(jacobian.transpose() * found.weights);
  VectorXd after = losses;
  for (Index k = 0; k < after.size(); ++k) after[k] *= 0.9 - 0.1 * static_cast<double>(k);
  slots.learn(after);
  return {found.weights, direction, found};
}

inline VectorXd weights(const std::string& id, const nlohmann::json& params,
                        const MatrixXd& jacobian, VectorXd losses = {}) {
  return make(id, params, jacobian.rows())->weigh(inputsOf(jacobian, std::move(losses)));
}

inline VectorXd vectorOf(const std::vector<double>& values) {
  return Eigen::Map<const VectorXd>(values.data(), std::ssize(values));
}

/// Gaussian rows; every second matrix has row norms spread over four decades, every third one has
/// fewer dimensions than twice its rows.
inline MatrixXd randomJacobian(int index) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(index) + 100);
  std::normal_distribution<double> normal;
  const Index tasks = 2 + index % 5;
  const Index width = index % 3 == 0 ? tasks + 1 : 20;
  MatrixXd jacobian(tasks, width);
  for (double& entry : jacobian.reshaped()) entry = normal(engine);
  if (index % 2 == 1)
    for (Index k = 0; k < tasks; ++k)
      jacobian.row(k) *= std::pow(10.0, std::uniform_real_distribution<double>(-2, 2)(engine));
  return jacobian;
}

}  // namespace eq::balance::test
