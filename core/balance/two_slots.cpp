#include "core/balance/two_slots.h"

#include <cmath>
#include <utility>

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// Whether all that was measured of the active tasks is finite.
bool isFinite(const Inputs& inputs, const std::vector<char>& active) {
  const auto count = std::ssize(active);
  for (Index i = 0; i < count; ++i) {
    if (!active[static_cast<size_t>(i)]) continue;
    if (inputs.losses.size() > 0 && !std::isfinite(inputs.losses[i])) return false;
    if (inputs.rowNorms.size() > 0 && !std::isfinite(inputs.rowNorms[i])) return false;
    for (Index j = 0; inputs.gramian.size() > 0 && j < count; ++j)
      if (active[static_cast<size_t>(j)] && !std::isfinite(inputs.gramian(i, j))) return false;
  }
  return true;
}

/// The entries that are not finite.
std::vector<WrongWeight> wrongIn(const VectorXd& weights, bool gradient) {
  std::vector<WrongWeight> found;
  for (Index k = 0; k < weights.size(); ++k)
    if (!std::isfinite(weights[k])) found.push_back({gradient, k, weights[k]});
  return found;
}

VectorXd mask(const std::vector<char>& active) {
  VectorXd ones(std::ssize(active));
  for (Index i = 0; i < ones.size(); ++i) ones[i] = active[static_cast<size_t>(i)] ? 1 : 0;
  return ones;
}

}  // namespace

TwoSlots::TwoSlots(std::unique_ptr<Balancer> weighting, std::unique_ptr<Balancer> gradient)
    : weighting_(std::move(weighting)), gradient_(std::move(gradient)) {}

Needs TwoSlots::needs() const {
  Needs needs = weighting_->needs();
  if (!gradient_) return needs;
  const Needs further = gradient_->needs();
  needs.losses |= further.losses;
  needs.rowNorms |= further.rowNorms;
  needs.gramian |= further.gramian;
  needs.representation |= further.representation;
  return needs;
}

Weights TwoSlots::weigh(const Inputs& given, const VectorXd& factors,
                        const std::vector<char>& active) {
  const VectorXd present = mask(active);
  if (!isFinite(given, active))
    return {factors.cwiseProduct(present), factors.cwiseProduct(present), true, {}, {}};
  Inputs inputs = given;
  inputs.present = active;
  const VectorXd factored = factors.cwiseProduct(present);
  const VectorXd rowFactors = factored.cwiseProduct(weighting_->weigh(inputs));
  const auto refused = [&](std::vector<WrongWeight> wrong) {
    return Weights{factored, factored, true, std::move(wrong), remarks()};
  };
  if (auto wrong = wrongIn(rowFactors, false); !wrong.empty()) return refused(std::move(wrong));
  Weights result{
      rowFactors, weighting_->weightsHeads() ? rowFactors : factored, false, {}, remarks()};
  if (!gradient_) return result;
  const VectorXd shared = gradientWeights(std::move(inputs), rowFactors);
  result.weights = rowFactors.cwiseProduct(shared);
  if (gradient_->weightsHeads()) result.heads = result.heads.cwiseProduct(shared);
  for (const auto* given : {&result.weights, &result.heads})
    if (auto wrong = wrongIn(*given, true); !wrong.empty()) return refused(std::move(wrong));
  result.remarks = remarks();
  // A gradient of a task with factor 0 is zero because somebody said so.
  std::erase_if(result.remarks, [&](const SlotRemark& said) {
    return said.gradient && rowFactors[said.remark.task] == 0;
  });
  return result;
}

std::vector<SlotRemark> TwoSlots::remarks() const {
  std::vector<SlotRemark> all;
  for (auto& remark : weighting_->remarks()) all.push_back({false, std::move(remark)});
  if (gradient_)
    for (auto& remark : gradient_->remarks()) all.push_back({true, std::move(remark)});
  return all;
}

VectorXd TwoSlots::gradientWeights(Inputs inputs, const VectorXd& rowFactors) {
  // 0 times a number that is not finite would spoil the rows of the tasks that are there.
  for (Index i = 0; i < rowFactors.size(); ++i)
    for (Index j = 0; j < rowFactors.size(); ++j)
      inputs.gramian(i, j) = rowFactors[i] == 0 || rowFactors[j] == 0
                                 ? 0
                                 : rowFactors[i] * inputs.gramian(i, j) * rowFactors[j];
  inputs.rowNorms = inputs.gramian.diagonal().cwiseSqrt();
  if (inputs.losses.size() > 0) inputs.losses = inputs.losses.cwiseProduct(rowFactors);
  return gradient_->weigh(inputs);
}

void TwoSlots::takeOver(const TwoSlots& other, bool weighting, bool gradient) {
  if (weighting) weighting_->restore(other.weighting_->state());
  if (gradient && gradient_ && other.gradient_) gradient_->restore(other.gradient_->state());
}

nlohmann::json TwoSlots::state() const {
  return {{"weighting", weighting_->state()},
          {"gradient", gradient_ ? gradient_->state() : nlohmann::json()}};
}

void TwoSlots::restore(const nlohmann::json& state) {
  weighting_->restore(state.at("weighting"));
  if (gradient_) gradient_->restore(state.at("gradient"));
}

}  // namespace eq::balance
