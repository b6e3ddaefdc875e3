#include "core/train/scheme/second_batch.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/random.h"
#include "core/train/run_parts.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/task_rows.h"

namespace eq::train {

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

void SmallAdam::step(Eigen::VectorXd& values, const Eigen::VectorXd& gradient) {
  ++steps_;
  mean_ = 0.9 * mean_ + 0.1 * gradient;
  square_ = 0.999 * square_ + 0.001 * gradient.cwiseAbs2();
  const auto count = static_cast<double>(steps_);
  const Eigen::ArrayXd size = (square_ / (1 - std::pow(0.999, count))).array().sqrt() + 1e-8;
  values -= rate_ * ((mean_ / (1 - std::pow(0.9, count))).array() / size).matrix();
}

nlohmann::json SmallAdam::state() const {
  return {{"mean", toJson(mean_)}, {"square", toJson(square_)}, {"steps", steps_}};
}

void SmallAdam::restore(const nlohmann::json& state) {
  mean_ = vectorFromJson(state.at("mean"));
  square_ = vectorFromJson(state.at("square"));
  steps_ = state.at("steps").get<std::int64_t>();
}

nlohmann::json toJson(const Eigen::VectorXd& values) {
  return std::vector<double>(values.data(), values.data() + values.size());
}

Eigen::VectorXd vectorFromJson(const nlohmann::json& list) {
  const auto values = list.get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(values.data(), std::ssize(values));
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

at::Tensor virtualStep(const RunParts& parts, const at::Tensor& gradient, double rate) {
  const at::NoGradGuard noGradients;
  if (parts.experiment.optimizer.id != "sgd") return gradient * -rate;
  const auto sgd = sgdParameters(parts.experiment);
  const auto moments = parts.optimizer->state();
  auto step = gradient + parts.model->parameters().values() * sgd.number("weight_decay");
  if (const auto momentum = moments.find("momentum"); momentum != moments.end())
    step = step + momentum->second * sgd.number("momentum");
  return step * -rate;
}

}  // namespace eq::train
