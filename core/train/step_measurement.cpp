#include "core/train/step_measurement.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/gradient/conflict.h"

namespace eq::train {
namespace {

/// Both, one behind the other, in one copy from the device; either may be undefined.
Eigen::VectorXd inOneCopy(const at::Tensor& losses, const at::Tensor& measured) {
  std::vector<at::Tensor> parts;
  for (const auto& part : {losses, measured})
    if (part.defined()) parts.push_back(part.flatten().to(at::kDouble));
  if (parts.empty()) return {};
  const auto host = (parts.size() == 1 ? parts[0] : at::cat(parts)).cpu().contiguous();
  return Eigen::Map<const Eigen::VectorXd>(host.const_data_ptr<double>(), host.numel());
}

gradient::Source sourceOf(bool representation) {
  return representation ? gradient::Source::representation : gradient::Source::exact;
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

gradient::Purpose StepMeasurement::purpose(const RunParts& parts) {
  const auto needs = parts.balancer->needs();
  if (needs.gramian || needs.rowNorms)
    return needs.representation ? gradient::Purpose::representation : gradient::Purpose::exact;
  return isSampled(parts) ? gradient::Purpose::sumShown : gradient::Purpose::sum;
}

balance::Inputs StepMeasurement::inputs() {
  const auto needs = parts_.balancer->needs();
  balance::Inputs inputs;
  inputs.step = parts_.progress.steps;
  inputs.epoch = parts_.sampler->epoch();
  const bool normsAlone = needs.rowNorms && !needs.gramian && !needs.representation;
  at::Tensor measured;
  if (pass_.rows) {
    inputs.gramian = gramian(needs.representation);
    inputs.rowNorms = inputs.gramian.diagonal().cwiseSqrt();
    if (needs.losses) inputs.losses = inOneCopy(pass_.losses, {});
    return inputs;
  }
  if (normsAlone) measured = parts_.engine->squaredNorms(pass_.forward);
  if (needs.gramian || (needs.rowNorms && !normsAlone))
    measured = parts_.engine->gramian(pass_.forward, sourceOf(needs.representation));
  const auto count = static_cast<Eigen::Index>(pass_.forward.active.size());
  const auto values = inOneCopy(needs.losses ? pass_.losses : at::Tensor(), measured);
  if (needs.losses) inputs.losses = values.head(count);
  if (!measured.defined()) return inputs;
  if (normsAlone) {
    squares_ = values.tail(count);
    inputs.rowNorms = squares_.cwiseMax(0).cwiseSqrt();
    return inputs;
  }
  auto& slot = needs.representation ? representation_ : exact_;
  slot = Eigen::Map<const Eigen::MatrixXd>(values.data() + values.size() - count * count, count,
                                           count);
  inputs.gramian = *slot;
  inputs.rowNorms = slot->diagonal().cwiseMax(0).cwiseSqrt();
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
    const bool spoiltNorm = squares_.size() > 0 && !std::isfinite(squares_[at]);
    if (pass_.forward.active[k] && (spoilt(exact_) || spoilt(representation_) || spoiltNorm))
      found.push_back(k);
  }
  return found;
}

const Eigen::MatrixXd& StepMeasurement::gramian(bool representation) {
  auto& slot = representation ? representation_ : exact_;
  if (!slot && pass_.rows) slot = *pass_.rows * pass_.rows->transpose();
  if (!slot) slot = toMatrix(parts_.engine->gramian(pass_.forward, sourceOf(representation)));
  return *slot;
}

}  // namespace eq::train
