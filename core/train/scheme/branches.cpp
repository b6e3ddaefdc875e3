#include "core/train/scheme/branches.h"

#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>

#include "core/gradient/finite.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/passes.h"
#include "core/train/run_parts.h"
#include "core/train/step_measurement.h"
#include "core/train/step_work.h"
#include "core/train/structure.h"

namespace eq::train {
namespace {

using Tensors = std::map<std::string, at::Tensor>;

Tensors partsUnder(const Tensors& all, const std::string& prefix) {
  Tensors found;
  for (const auto& [name, tensor] : all)
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor;
  return found;
}

}  // namespace

Branch branchOff(const RunParts& parts, Eigen::VectorXd weights) {
  return {std::move(weights),
          parts.model->parameters().values().clone(),
          makeOptimizer(parts.experiment, *parts.model),
          makeBalancer(parts.experiment, parts.tasks, parts.parts, *parts.model),
          0,
          {}};
}

InPlace::InPlace(RunParts& parts, Branch& branch) : parts_(parts), branch_(branch) {
  swap();
}

InPlace::~InPlace() {
  swap();
}

void InPlace::swap() {
  const at::NoGradGuard noGradients;
  const auto& values = parts_.model->parameters().values();
  auto former = values.clone();
  values.copy_(branch_.values);
  branch_.values = std::move(former);
  std::swap(parts_.optimizer, branch_.optimizer);
  std::swap(parts_.balancer, branch_.balancer);
}

void trainOn(RunParts& parts, const BatchPass& batch, const Eigen::VectorXd& weights) {
  Again again;
  again.active = batch.active;
  again.purpose = StepMeasurement::purpose(parts);
  auto pass = passAgain(parts, batch, again);
  StepMeasurement measurement(parts, pass, nullptr);
  const auto inputs = measurement.inputs();
  const auto found = parts.balancer->weigh(inputs, weights, batch.active, measurement.parts());
  at::Tensor direction;
  if (found.rowFactors.size() > 0)
    direction = parts.balancer->direction(measurement.rows(), pass.losses, found, batch.active);
  const auto gradients = usualUpdate(parts, pass, found, direction);
  const auto skip = at::full({}, found.nonFinite ? 1 : 0, pass.losses.options().dtype(at::kFloat));
  auto watched = gradients;
  watched.push_back(pass.losses);
  gradient::markNonFinite(watched, skip);
  const double rate = baseRate(parts.experiment.optimizer) * parts.schemes.rateFactor(parts);
  parts.optimizer->step(gradients, rate, parts.frozen, skip);
  projectParameters(parts, gradients, skip);
}

Tensors tensorsOf(const std::vector<Branch>& branches) {
  Tensors all;
  for (size_t b = 0; b < branches.size(); ++b) {
    const auto prefix = fmt::format("branch.{}.", b);
    all[prefix + "values"] = branches[b].values;
    if (branches[b].best.defined()) all[prefix + "best"] = branches[b].best;
    for (const auto& [name, tensor] : branches[b].optimizer->state())
      all[prefix + "optimizer." + name] = tensor;
    for (const auto& [name, tensor] : branches[b].balancer->tensors())
      all[prefix + "balancer." + name] = tensor;
  }
  return all;
}

nlohmann::json stateOf(const std::vector<Branch>& branches) {
  auto all = nlohmann::json::array();
  for (const auto& branch : branches)
    all.push_back({{"score", branch.score}, {"balancer", branch.balancer->state()}});
  return all;
}

void restoreInto(std::vector<Branch>& branches, const Tensors& tensors,
                 const nlohmann::json& state) {
  for (size_t b = 0; b < branches.size(); ++b) {
    const auto own = partsUnder(tensors, fmt::format("branch.{}.", b));
    branches[b].values = own.at("values");
    const auto best = own.find("best");
    branches[b].best = best == own.end() ? at::Tensor() : best->second;
    branches[b].optimizer->restore(partsUnder(own, "optimizer."));
    branches[b].score = state.at(b).at("score").get<double>();
    branches[b].balancer->restore(state.at(b).at("balancer"));
    branches[b].balancer->restoreTensors(partsUnder(own, "balancer."));
  }
}

}  // namespace eq::train
