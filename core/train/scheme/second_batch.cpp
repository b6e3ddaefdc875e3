#include "core/train/scheme/second_batch.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>

#include "core/base/random.h"
#include "core/train/perturbed.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/task_rows.h"

namespace eq::train {
namespace {

constexpr double kReach = 0.01;  ///< of a finite difference, over the length of its direction

}  // namespace

SecondBatch::SecondBatch(const SchemeSetting& setting) : seed_(setting.experiment.seed) {}

SecondBatch::Batches SecondBatch::deal(const RunParts& parts) {
  if (!sampler_) {
    sampler_ = std::make_unique<Sampler>(parts.problem.train.size(), parts.experiment.batchSize,
                                         deriveSeed(seed_, "scheme batch"), parts.device);
    if (!kept_.is_null()) sampler_->restore(kept_);
  }
  auto active = parts.choice.tasks;
  const auto examples = sampler_->hostIndices();
  for (size_t k = 0; k < active.size(); ++k)
    active[k] = active[k] && parts.tasks[k].hasTarget(examples);
  Batches batches{batchToCome(parts),
                  batchOf(parts, sampler_->indices(), std::move(active), "views of the scheme")};
  batches.first.randomState = batches.second.randomState = parts.model->randomState();
  sampler_->advance();
  return batches;
}

nlohmann::json SecondBatch::state() const {
  return {{"sampler", sampler_ ? sampler_->state() : kept_}};
}

void SecondBatch::restore(const nlohmann::json& state) {
  sampler_.reset();
  kept_ = state.at("sampler");
}

Eigen::VectorXd factorsOf(const RunParts& parts, const std::vector<char>& active) {
  Eigen::VectorXd factors(std::ssize(active));
  for (size_t k = 0; k < active.size(); ++k)
    factors[static_cast<Eigen::Index>(k)] = active[k] ? parts.experiment.tasks[k].weight : 0;
  return factors;
}

at::Tensor gradientOfSum(const RunParts& parts, const BatchPass& batch,
                         const std::vector<char>& active, const Eigen::VectorXd& weights) {
  Again again;
  again.active = active;
  auto pass = passAgain(parts, batch, again);
  const std::vector<double> w(weights.data(), weights.data() + weights.size());
  return flat(*parts.model, parts.engine->backward(pass.forward, w, w));
}

at::Tensor lossesOf(const RunParts& parts, const BatchPass& batch,
                    const std::vector<char>& active) {
  Again again;
  again.active = active;
  return passAgain(parts, batch, again).losses;
}

Eigen::VectorXd slopesAlong(RunParts& parts, const BatchPass& batch,
                            const std::vector<char>& active, const at::Tensor& v, double rate) {
  const at::NoGradGuard noGradients;
  const auto norm = v.norm();
  const auto reach = at::where(norm > 0, kReach / norm, at::ones_like(norm));
  const auto lossesAt = [&](const at::Tensor& offset) {
    const Perturbed elsewhere(*parts.model, offset);
    return lossesOf(parts, batch, active).to(at::kDouble);
  };
  const auto gap = lossesAt(v * reach) - lossesAt(v * -reach);
  const auto slopes = (gap / (2 * reach.to(at::kDouble)) * -rate).to(at::kCPU).contiguous();
  const auto factors = factorsOf(parts, active);
  Eigen::VectorXd found = Eigen::VectorXd::Zero(factors.size());
  for (Eigen::Index k = 0; k < found.size(); ++k)
    if (const double slope = slopes.const_data_ptr<double>()[k]; std::isfinite(slope))
      found[k] = slope * factors[k];
  return found;
}

at::Tensor virtualStep(const RunParts& parts, const at::Tensor& gradient, double rate) {
  const at::NoGradGuard noGradients;
  if (parts.experiment.optimizer.id != "sgd") return gradient * -rate;
  const auto sgd = sgdParameters(parts.experiment);
  const auto moments = parts.optimizer->state();
  const auto& parameters = parts.model->parameters();
  const auto trained = [size = parameters.trained().size()](const at::Tensor& flat) {
    return flat.narrow(0, 0, size);
  };
  const auto step = gradient.clone();
  trained(step).add_(trained(parameters.values()) * sgd.number("weight_decay"));
  if (const auto momentum = moments.find("momentum"); momentum != moments.end())
    trained(step).add_(momentum->second * sgd.number("momentum"));
  return step * -rate;
}

}  // namespace eq::train
