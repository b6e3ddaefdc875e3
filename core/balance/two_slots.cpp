#include "core/balance/two_slots.h"

#include <cmath>
#include <limits>
#include <utility>

#include "core/balance/row_method.h"

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
    if (inputs.lastRowNorms.size() > 0 && !std::isfinite(inputs.lastRowNorms[i])) return false;
    if (inputs.rowNumbers.size() > 0 && !std::isfinite(inputs.rowNumbers[i])) return false;
    // The parts add up to the Gramian.
    for (const auto* products : {&inputs.gramian, &inputs.crossGramian})
      for (Index j = 0; products->size() > 0 && j < count; ++j)
        if (active[static_cast<size_t>(j)] && !std::isfinite((*products)(i, j))) return false;
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

/// Products of the rows v_k g_k. 0 times a number that is not finite would spoil the rows of the
/// tasks that are there.
void scale(Eigen::MatrixXd& products, const VectorXd& factors) {
  if (products.size() == 0) return;
  for (Index i = 0; i < factors.size(); ++i)
    for (Index j = 0; j < factors.size(); ++j)
      products(i, j) =
          factors[i] == 0 || factors[j] == 0 ? 0 : factors[i] * products(i, j) * factors[j];
}

std::vector<MethodPart> wholeOf(std::unique_ptr<Balancer> gradient) {
  std::vector<MethodPart> parts;
  if (gradient) parts.push_back({std::move(gradient), 1, {}});
  return parts;
}

VectorXd mask(const std::vector<char>& active) {
  VectorXd ones(std::ssize(active));
  for (Index i = 0; i < ones.size(); ++i) ones[i] = active[static_cast<size_t>(i)] ? 1 : 0;
  return ones;
}

}  // namespace

TwoSlots::TwoSlots(std::unique_ptr<Balancer> weighting, std::unique_ptr<Balancer> gradient)
    : TwoSlots(std::move(weighting), wholeOf(std::move(gradient))) {}
TwoSlots::TwoSlots(std::unique_ptr<Balancer> weighting, std::vector<MethodPart> parts)
    : weighting_(std::move(weighting)),
      parts_(std::move(parts)),
      statistic_(dynamic_cast<RowStatistic*>(weighting_.get())),
      rowMethod_(dynamic_cast<RowMethod*>(gradient())) {}
TwoSlots::TwoSlots(TwoSlots&&) noexcept = default;
TwoSlots::~TwoSlots() = default;

Needs TwoSlots::needs() const {
  return gradient() ? weighting_->needs() | gradient()->needs() : weighting_->needs();
}

void TwoSlots::learn(const VectorXd& lossesAfter) {
  weighting_->learn(lossesAfter);
  for (auto& part : parts_) part.method->learn(lossesAfter);
}

Weights TwoSlots::weigh(const Inputs& given, const VectorXd& factors,
                        const std::vector<char>& active,
                        const std::vector<Eigen::MatrixXd>& parts) {
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
  if (!gradient()) return result;
  if (rowMethod_) {
    headFactors(inputs, result);
    auto wrong = wrongIn(result.heads, true);
    return wrong.empty() ? result : refused(std::move(wrong));
  }
  result = combined(inputs, parts, rowFactors, std::move(result));
  return result.wrong.empty() ? result : refused(std::move(result.wrong));
}

/// The gradient method's weights of all parts, on those of the loss weighting.
Weights TwoSlots::combined(const Inputs& inputs, const std::vector<Eigen::MatrixXd>& parts,
                           const VectorXd& rowFactors, Weights result) {
  VectorXd mean = VectorXd::Zero(rowFactors.size());
  const bool crossed = gradient()->needs().crossGramian;
  for (size_t i = 0; i < parts_.size(); ++i) {
    Inputs ofPart = inputs;
    if (parts_.size() > 1) (crossed ? ofPart.crossGramian : ofPart.gramian) = parts.at(i);
    const VectorXd shared = partWeights(i, std::move(ofPart), rowFactors);
    result.wrong = wrongIn(rowFactors.cwiseProduct(shared), true);
    if (!result.wrong.empty()) return result;
    if (parts_.size() > 1) result.parts.push_back(rowFactors.cwiseProduct(shared));
    mean = parts_.size() > 1 ? VectorXd(mean + parts_[i].share * shared) : shared;
  }
  mean = overReached(std::move(mean));
  result.weights = rowFactors.cwiseProduct(mean);
  if (gradient()->weightsHeads()) result.heads = result.heads.cwiseProduct(mean);
  result.wrong = wrongIn(result.heads, true);
  result.remarks = remarks();
  // A gradient of a task with factor 0 is zero because somebody said so.
  std::erase_if(result.remarks, [&](const SlotRemark& said) {
    return said.gradient && rowFactors[said.remark.task] == 0;
  });
  return result;
}

/// The tasks that take part in this part of the parameters.
std::vector<char> TwoSlots::presentIn(size_t part, std::vector<char> present) const {
  const auto& members = parts_[part].members;
  for (size_t k = 0; k < members.size(); ++k) present[k] = present[k] && members[k];
  return present;
}

/// Means of a task's weights over the parts that it reaches, from sums over all; a task that shares
/// nothing is not weighed. \param sums by share of the parts.
VectorXd TwoSlots::overReached(VectorXd sums) const {
  for (Index k = 0; k < sums.size(); ++k) {
    double reached = 0;
    bool all = true;
    for (const auto& part : parts_) {
      const bool member = part.members.empty() || part.members[static_cast<size_t>(k)];
      all = all && member;
      if (member) reached += part.share;
    }
    if (!all) sums[k] = reached > 0 ? sums[k] / reached : 1;
  }
  return sums;
}

/// What a direction without weights leaves for the record and the heads.
void TwoSlots::headFactors(const Inputs& inputs, Weights& weights) const {
  weights.rowFactors = weights.weights;
  VectorXd losses = inputs.losses;
  if (losses.size() > 0) losses = losses.cwiseProduct(weights.rowFactors);
  const auto present = presentIn(0, inputs.present);
  VectorXd factors = rowMethod_->headFactors(losses, present);
  for (Index k = 0; k < weights.weights.size(); ++k) {
    const auto task = static_cast<size_t>(k);
    if (present[task]) weights.weights[k] = std::numeric_limits<double>::quiet_NaN();
    if (inputs.present[task] && !present[task]) factors[k] = 1;
  }
  weights.heads = weights.heads.cwiseProduct(factors);
}

std::vector<SlotRemark> TwoSlots::remarks() const {
  std::vector<SlotRemark> all;
  for (auto& remark : weighting_->remarks()) all.push_back({false, std::move(remark)});
  for (const auto& part : parts_)
    for (auto& remark : part.method->remarks()) {
      if (!part.name.empty()) remark.text = "in " + part.name + ": " + remark.text;
      all.push_back({true, std::move(remark)});
    }
  return all;
}

VectorXd TwoSlots::partWeights(size_t part, Inputs inputs, const VectorXd& rowFactors) {
  inputs.present = presentIn(part, std::move(inputs.present));
  // One task alone has nothing to be balanced with.
  const VectorXd present = mask(inputs.present);
  if (parts_.size() > 1 && present.sum() == 1) return present;
  scale(inputs.gramian, rowFactors);
  scale(inputs.crossGramian, rowFactors);
  if (inputs.gramian.size() > 0) inputs.rowNorms = inputs.gramian.diagonal().cwiseSqrt();
  if (inputs.losses.size() > 0) inputs.losses = inputs.losses.cwiseProduct(rowFactors);
  return parts_[part].method->weigh(inputs);
}

void TwoSlots::takeOver(const TwoSlots& other, bool weighting, bool gradient) {
  if (weighting) weighting_->restore(other.weighting_->state());
  if (gradient && parts_.size() == other.parts_.size())
    for (size_t i = 0; i < parts_.size(); ++i)
      parts_[i].method->restore(other.parts_[i].method->state());
  takeOverRows(other, weighting, gradient);
}

nlohmann::json TwoSlots::state() const {
  nlohmann::json gradients;
  if (parts_.size() == 1) gradients = gradient()->state();
  if (parts_.size() > 1)
    for (const auto& part : parts_) gradients.push_back(part.method->state());
  return {{"weighting", weighting_->state()}, {"gradient", gradients}};
}

void TwoSlots::restore(const nlohmann::json& state) {
  weighting_->restore(state.at("weighting"));
  const auto& gradients = state.at("gradient");
  if (parts_.size() == 1) gradient()->restore(gradients);
  if (parts_.size() > 1)
    for (size_t i = 0; i < parts_.size(); ++i) parts_[i].method->restore(gradients.at(i));
}

}  // namespace eq::balance
