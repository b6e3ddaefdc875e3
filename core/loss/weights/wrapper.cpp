#include "core/loss/weights/wrapper.h"

#include <algorithm>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"
#include "core/loss/catalog.h"
#include "core/loss/checks.h"
#include "core/loss/first_found.h"
#include "core/loss/nesting.h"

namespace eq::loss {
namespace {

at::Tensor validOf(const Value& value) {
  return value.valid.defined()
             ? value.valid
             : at::ones_like(value.perSample,
                             value.perSample.options().dtype(at::kBool).requires_grad(false));
}

}  // namespace

Wrapper::Wrapper(std::string id, const Parameters& values) : id_(std::move(id)) {
  const auto base = nestedLoss(values.at("base"), id_ + ".base");
  const auto reason = whyNotWrapped(base.id, base.params);
  if (!reason.empty()) fail("{}.base: {}", id_, reason);
  baseId_ = base.id;
  base_ = base.make(id_ + ".base");
}

void Wrapper::check(const Batch& batch) const {
  base_->check(batch);
  const at::NoGradGuard noGradients;
  const auto value = base_->evaluate(batch, true);
  // With other input it may have one.
  if (!value.perSample.defined())
    fail("{}.base: {} has no value of its own for a sample with this input", id_, baseId_);
  checkFields(batch, validOf(value));
}

Wrapper::Weighted Wrapper::weigh(const Batch& batch) const {
  auto value = base_->evaluate(batch, true);
  Samples samples;
  samples.losses = value.perSample.detach();
  samples.valid = validOf(value);
  samples.count = samples.valid.sum().clamp_min(1).to(samples.losses.scalar_type());
  auto w = weights(batch, samples).detach().masked_fill(samples.valid.logical_not(), 0);
  return {std::move(value), std::move(samples), std::move(w)};
}

Value Wrapper::evaluate(const Batch& batch, bool) const {
  const auto [base, samples, w] = weigh(batch);
  const auto weighted = w * base.perSample;
  return {weighted.sum() / divisor(batch, samples, w), weighted, samples.valid};
}

at::Tensor Wrapper::sampleWeights(const Batch& batch) const {
  const at::NoGradGuard noGradients;
  const auto own = weigh(batch).weights;
  const auto* inner = dynamic_cast<const Wrapper*>(base_.get());
  return inner ? own * inner->sampleWeights(batch) : own;
}

at::Tensor Wrapper::divisor(const Batch&, const Samples& samples, const at::Tensor&) const {
  return samples.count;
}

void Wrapper::checkFields(const Batch&, const at::Tensor&) const {}

void Wrapper::checkField(const Batch& batch, const std::string& name, const at::Tensor& valid,
                         const ParameterSpec& range) const {
  const auto field = batch.field(name);
  checkShape(id_, name, field, valid.sizes(), "the samples");
  const auto inside = field.to(at::kDouble).masked_select(valid);
  checkNumbers(id_, name, inside);
  const auto refuse = [&](const at::Tensor& wrong) {
    if (wrong.any().item<bool>())
      fail("{}.{}: must be {}, found {}", id_, name, rangeText(range), firstFound(inside, wrong));
  };
  if (range.minimum) refuse(range.minimumOpen ? inside <= *range.minimum : inside < *range.minimum);
  if (range.maximum) refuse(range.maximumOpen ? inside >= *range.maximum : inside > *range.maximum);
}

at::Tensor effectiveSampleSize(const at::Tensor& weights) {
  const auto w = weights.to(at::kDouble);
  const auto squares = w.square().sum();
  return at::where(squares > 0, w.sum().square() / squares, at::zeros_like(squares));
}

std::vector<ParameterSpec> wrapperParameters(std::vector<ParameterSpec> own) {
  own.push_back(
      ParameterSpec::object("base", {{"id", "cross_entropy"}, {"params", nlohmann::json::object()}},
                            "The loss whose samples are weighted: {\"id\", \"params\"}"));
  return own;
}

Descriptor wrapperDescriptor(const std::string& id) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary,     TaskKind::multilabel,
                          TaskKind::ordinal,        TaskKind::regression, TaskKind::segmentation,
                          TaskKind::objective};
  descriptor.traits = {{"wrapper", true}};
  return descriptor;
}

}  // namespace eq::loss
