#include "core/train/optimizer.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"

namespace eq::train {

Optimizer::Optimizer(const model::ParameterBuffer& parameters,
                     const std::vector<std::string>& moments)
    : parameters_(parameters), moments_(moments) {
  for (const auto& moment : moments) state_[moment] = at::zeros_like(parameters.values());
  const auto owners = parameters.infos().back().owner - model::kTrunk + 1;
  state_["steps"] = at::zeros({owners}, parameters.values().options().dtype(at::kFloat));
  momentsOf_.resize(moments.size());
  for (const auto& info : parameters.infos()) {
    counterOf_.push_back(state_.at("steps").select(0, info.owner - model::kTrunk));
    for (size_t m = 0; m < moments.size(); ++m) momentsOf_[m].push_back(part(moments[m], info));
  }
}

at::Tensor Optimizer::part(const std::string& moment, const model::ParameterInfo& info) const {
  return state_.at(moment).narrow(0, info.offset, info.count).view(info.shape);
}

void Optimizer::step(const std::vector<at::Tensor>& gradients, double rate,
                     const std::vector<char>& frozenHeads, const at::Tensor& skip) {
  const at::NoGradGuard noGradients;
  Lists lists;
  lists.moments.resize(moments_.size());
  std::vector<char> taken(gradients.size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    const auto owner = parameters_.infos()[i].owner;
    const bool frozen = owner >= 0 && frozenHeads.at(static_cast<size_t>(owner));
    taken[i] = !frozen && gradients[i].defined();
    if (!taken[i]) continue;
    lists.parameters.push_back(parameters_.tensor(i));
    lists.gradients.push_back(gradients[i].contiguous());
    lists.steps.push_back(counterOf_[i]);
    for (size_t m = 0; m < moments_.size(); ++m) lists.moments[m].push_back(momentsOf_[m][i]);
  }
  if (lists.parameters.empty()) return;
  count(taken, skip);
  apply(lists, rate, skip);
}

/// Moves the counters of the owners that have a gradient, in one operation where all have.
void Optimizer::count(const std::vector<char>& taken, const at::Tensor& skip) {
  const auto& steps = state_.at("steps");
  std::vector<at::Tensor> counters;
  std::int64_t counted = model::kTrunk - 1;
  for (size_t i = 0; i < taken.size(); ++i) {
    const auto owner = parameters_.infos()[i].owner;
    if (!taken[i] || owner == counted) continue;
    counters.push_back(counterOf_[i]);
    counted = owner;
  }
  const auto one = 1 - skip;
  if (std::ssize(counters) == steps.size(0)) counters = {steps};
  for (auto& counter : counters) counter.add_(one);
}

void Optimizer::takeOver(const Optimizer& other) {
  const at::NoGradGuard noGradients;
  const auto last = parameters_.infos().back().owner;
  for (auto owner = model::kTrunk; owner <= last; ++owner) {
    const auto own = parameters_.indices(owner), others = other.parameters_.indices(owner);
    const bool same =
        std::equal(own.begin(), own.end(), others.begin(), others.end(), [&](size_t i, size_t j) {
          const auto& one = parameters_.infos()[i];
          const auto& two = other.parameters_.infos()[j];
          return one.name == two.name && one.shape == two.shape;
        });
    if (!same || own.empty()) continue;
    const auto counter = owner - model::kTrunk;
    state_.at("steps").select(0, counter).copy_(other.state_.at("steps").select(0, counter));
    for (const auto& moment : moments_)
      for (size_t i = 0; i < own.size(); ++i)
        part(moment, parameters_.infos()[own[i]])
            .copy_(other.part(moment, other.parameters_.infos()[others[i]]));
  }
}

void Optimizer::restore(const std::map<std::string, at::Tensor>& state) {
  const at::NoGradGuard noGradients;
  for (auto& [name, own] : state_) {
    const auto found = state.find(name);
    if (found == state.end())
      fail("optimizer: the checkpoint has no \"{}\"; it was made with another optimizer", name);
    if (!found->second.sizes().equals(own.sizes()))
      fail("optimizer.{}: this model needs {} values, the checkpoint has {}", name, own.numel(),
           found->second.numel());
  }
  for (auto& [name, own] : state_) own.copy_(state.at(name));
}

}  // namespace eq::train
