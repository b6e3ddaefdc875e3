#include "core/train/optimizer.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "core/base/error.h"

namespace eq::train {

namespace {

std::string counterName(const std::string& block) {
  return "steps." + block;
}

/// The same parameters in the same order, by name and shape.
bool isSame(const model::ParameterBuffer& a, const std::vector<size_t>& ofA,
            const model::ParameterBuffer& b, const std::vector<size_t>& ofB) {
  return std::equal(ofA.begin(), ofA.end(), ofB.begin(), ofB.end(), [&](size_t i, size_t j) {
    return a.infos()[i].name == b.infos()[j].name && a.infos()[i].shape == b.infos()[j].shape;
  });
}

}  // namespace

Optimizer::Optimizer(const model::ParameterBuffer& parameters,
                     const std::vector<std::string>& moments)
    : parameters_(parameters), moments_(moments), blockOf_(parameters.infos().size()) {
  for (const auto& moment : moments)
    values_[moment] = at::zeros({parameters.trained().size()}, parameters.values().options());
  makeBlocks();
  momentsOf_.resize(moments.size());
  for (const auto& info : parameters.infos())
    for (size_t m = 0; m < moments.size(); ++m)
      momentsOf_[m].push_back(info.block.trainable ? part(moments[m], info) : at::Tensor());
}

void Optimizer::makeBlocks() {
  for (const auto index : parameters_.order()) {
    if (!parameters_.infos()[index].block.trainable) continue;
    const auto& name = parameters_.infos()[index].block.name;
    if (blocks_.empty() || blocks_.back().name != name) blocks_.push_back({name, {}, {}});
    blocks_.back().parameters.push_back(index);
    blockOf_[index] = blocks_.size() - 1;
  }
  steps_ = at::zeros({std::ssize(blocks_)}, parameters_.values().options().dtype(at::kFloat));
  for (size_t i = 0; i < blocks_.size(); ++i)
    blocks_[i].counter = steps_.select(0, static_cast<std::int64_t>(i));
}

at::Tensor Optimizer::part(const std::string& moment, const model::ParameterInfo& info) const {
  return values_.at(moment).narrow(0, info.offset, info.count).view(info.shape);
}

std::map<std::string, at::Tensor> Optimizer::state() const {
  auto state = values_;
  for (const auto& block : blocks_) state[counterName(block.name)] = block.counter;
  return state;
}

void Optimizer::step(const std::vector<at::Tensor>& gradients, double rate,
                     const std::vector<char>& frozenTasks, const at::Tensor& skip) {
  const at::NoGradGuard noGradients;
  Lists usual, architecture;
  for (auto* lists : {&usual, &architecture}) lists->moments.resize(moments_.size());
  std::vector<char> taken(blocks_.size());
  for (size_t i = 0; i < gradients.size(); ++i) {
    const auto owner = parameters_.infos()[i].block.owner;
    const bool frozen = owner >= 0 && frozenTasks.at(static_cast<size_t>(owner));
    if (frozen || !gradients[i].defined()) continue;
    const auto& block = blocks_[blockOf_[i]];
    taken[blockOf_[i]] = 1;
    auto& lists = parameters_.infos()[i].architecture ? architecture : usual;
    lists.parameters.push_back(parameters_.tensor(i));
    lists.gradients.push_back(gradients[i].contiguous());
    lists.steps.push_back(block.counter);
    for (size_t m = 0; m < moments_.size(); ++m) lists.moments[m].push_back(momentsOf_[m][i]);
  }
  if (usual.parameters.empty() && architecture.parameters.empty()) return;
  count(taken, skip);
  if (!usual.parameters.empty()) apply(usual, rate, true, skip);
  if (!architecture.parameters.empty()) apply(architecture, rate * architectureRate_, false, skip);
}

/// Moves the counters of the blocks that have a gradient, in one operation where all have.
void Optimizer::count(const std::vector<char>& taken, const at::Tensor& skip) {
  const auto one = 1 - skip;
  if (std::find(taken.begin(), taken.end(), 0) == taken.end()) {
    steps_.add_(one);
    return;
  }
  for (size_t i = 0; i < taken.size(); ++i)
    if (taken[i]) blocks_[i].counter.add_(one);
}

void Optimizer::takeOver(const Optimizer& other) {
  const at::NoGradGuard noGradients;
  for (auto& block : blocks_)
    for (const auto& known : other.blocks_) {
      if (known.name != block.name ||
          !isSame(parameters_, block.parameters, other.parameters_, known.parameters))
        continue;
      block.counter.copy_(known.counter);
      for (size_t m = 0; m < moments_.size(); ++m)
        for (size_t i = 0; i < block.parameters.size(); ++i)
          momentsOf_[m][block.parameters[i]].copy_(other.momentsOf_[m][known.parameters[i]]);
    }
}

void Optimizer::goOnFrom(const Optimizer& other, const model::Origins& origins) {
  const at::NoGradGuard noGradients;
  for (auto& block : blocks_) {
    bool counted = false;
    for (const auto index : block.parameters) {
      const auto former = other.formerOf(parameters_.infos()[index], origins);
      if (former < 0) continue;
      const auto from = static_cast<size_t>(former);
      for (size_t m = 0; m < moments_.size(); ++m)
        momentsOf_[m][index].copy_(other.momentsOf_[m][from]);
      if (!counted) block.counter.copy_(other.blocks_[other.blockOf_[from]].counter);
      counted = true;
    }
  }
}

/// What a parameter goes on from here, or -1: one that is trained.
std::int64_t Optimizer::formerOf(const model::ParameterInfo& info,
                                 const model::Origins& origins) const {
  auto found = parameters_.find(info.name, info.shape);
  const auto others = origins.find(info.name);
  if (found < 0 && others != origins.end() && others->second.size() == 1)
    found = parameters_.find(others->second.front(), info.shape);
  const bool trained =
      found >= 0 && parameters_.infos()[static_cast<size_t>(found)].block.trainable;
  return trained ? found : -1;
}

void Optimizer::clearMoments(size_t parameter, const at::Tensor& where) {
  const at::NoGradGuard noGradients;
  for (const auto& moment : momentsOf_) moment[parameter].masked_fill_(where, 0);
}

void Optimizer::restore(const std::map<std::string, at::Tensor>& given) {
  const at::NoGradGuard noGradients;
  auto state = given;
  // Counters of former checkpoints: where they are a list, all blocks were trunk and heads.
  if (const auto list = state.find("steps");
      list != state.end() && list->second.numel() == steps_.numel())
    for (size_t i = 0; i < blocks_.size(); ++i)
      state[counterName(blocks_[i].name)] = list->second.flatten()[static_cast<std::int64_t>(i)];
  auto own = this->state();
  for (const auto& [name, values] : own) {
    const auto found = state.find(name);
    if (found == state.end())
      fail("optimizer: the checkpoint has no \"{}\"; it was made with another optimizer", name);
    if (!found->second.sizes().equals(values.sizes()))
      fail("optimizer.{}: this model needs {} values, the checkpoint has {}", name, values.numel(),
           found->second.numel());
  }
  for (auto& [name, values] : own) values.copy_(state.at(name));
}

}  // namespace eq::train
