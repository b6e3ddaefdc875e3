#include "core/train/step_measurement.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>

#include "core/gradient/conflict.h"

namespace eq::train {
namespace {

Eigen::VectorXd toEigen(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  return Eigen::Map<const Eigen::VectorXd>(host.const_data_ptr<double>(), host.numel());
}

Eigen::MatrixXd toMatrix(const at::Tensor& values) {
  const auto host = values.to(at::kCPU, at::kDouble).contiguous();
  return Eigen::Map<const Eigen::MatrixXd>(host.const_data_ptr<double>(), host.size(0),
                                           host.size(1));
}

ConflictRecord conflictOf(const Eigen::MatrixXd& gramian, const std::vector<double>& weights,
                          GradientSource source) {
  const auto statistics = gradient::conflict(gramian);
  ConflictRecord record;
  record.source = source;
  record.norms.assign(statistics.norms.begin(), statistics.norms.end());
  for (Eigen::Index i = 0; i < gramian.rows(); ++i)
    for (Eigen::Index j = 0; j < gramian.cols(); ++j)
      record.cosines.push_back(statistics.cosines(i, j));
  record.conditionNumber = statistics.conditionNumber;
  record.sumNorm = statistics.sumNorm;
  const Eigen::Map<const Eigen::VectorXd> w(weights.data(), gramian.rows());
  record.updateNorm = std::sqrt(std::max(0.0, w.dot(gramian * w)));
  return record;
}

bool isSampled(const RunParts& parts) {
  const auto every = parts.experiment.conflict.every;
  return every > 0 && parts.progress.steps % every == 0;
}

}  // namespace

bool StepMeasurement::needsTape(const RunParts& parts) {
  const auto needs = parts.balancer->needs();
  return ((needs.gramian || needs.rowNorms) && !needs.representation) ||
         (isSampled(parts) && parts.experiment.conflict.source == "exact");
}

balance::Inputs StepMeasurement::inputs() {
  const auto needs = parts_.balancer->needs();
  balance::Inputs inputs;
  inputs.step = parts_.progress.steps;
  inputs.epoch = parts_.sampler->epoch();
  if (needs.losses) inputs.losses = toEigen(pass_.losses);
  if (needs.rowNorms || needs.gramian) {
    inputs.gramian = gramian(needs.representation);
    inputs.rowNorms = inputs.gramian.diagonal().cwiseMax(0).cwiseSqrt();
  }
  return inputs;
}

std::optional<ConflictRecord> StepMeasurement::conflict(const std::vector<double>& weights) {
  if (!isSampled(parts_)) return std::nullopt;
  const bool representation = parts_.experiment.conflict.source == "representation";
  return conflictOf(gramian(representation), weights,
                    representation ? GradientSource::representation : GradientSource::exact);
}

std::vector<size_t> StepMeasurement::nonFinite() const {
  std::vector<size_t> found;
  for (size_t k = 0; k < pass_.forward.active.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    const auto spoilt = [&](const auto& gramian) {
      return gramian && !std::isfinite((*gramian)(at, at));
    };
    if (pass_.forward.active[k] && (spoilt(exact_) || spoilt(representation_))) found.push_back(k);
  }
  return found;
}

const Eigen::MatrixXd& StepMeasurement::gramian(bool representation) {
  auto& slot = representation ? representation_ : exact_;
  const auto source = representation ? gradient::Source::representation : gradient::Source::exact;
  if (!slot) slot = toMatrix(parts_.engine->gramian(pass_.forward, source));
  return *slot;
}

}  // namespace eq::train
