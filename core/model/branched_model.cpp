#include "core/model/branched_model.h"

#include <algorithm>
#include <set>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "core/base/random.h"

namespace eq::model {

BranchedModel::BranchedModel(const BaseNetwork& base, const Branches& branches,
                             const Parameters& parameters, const Setting& setting)
    : HeadedModel(setting), top_(setting.tasks.size(), -1), own_(setting.tasks.size()) {
  LayerFactory factory(parameters_, setting.seed);
  std::vector<std::int64_t> features(setting.tasks.size(), base.features(0));
  for (size_t stage = 0; stage < branches.stages.size(); ++stage) {
    const auto& groups = branches.stages[stage];
    for (const auto& tasks : groups) {
      const auto block = blockOfCopy(tasks, branches.apart);
      LayerFactory other(parameters_,
                         deriveSeed(setting.seed, block.name + "." + std::to_string(stage)));
      addCopy(base, &tasks == &groups.front() ? factory : other, stage, block, tasks);
      for (const auto task : tasks) features[task] = base.features(stage + 1);
    }
  }
  const auto inputs = nodes_.size();
  for (size_t k = 0; k < top_.size(); ++k) {
    reads_[k] = {top_[k] < 0 ? inputs : static_cast<size_t>(top_[k])};
    if (!branches.shortcut) continue;
    reads_[k].push_back(inputs);
    features[k] += base.features(0);
  }
  addHeads(factory, features, parameters);
  parameters_.allocate(setting.type);
}

Block BranchedModel::blockOfCopy(const std::vector<size_t>& tasks, bool apart) {
  return apart && tasks.size() == 1 ? blockOf(tasks[0], Part::task) : blockOf(tasks);
}

void BranchedModel::addCopy(const BaseNetwork& base, LayerFactory& factory, size_t stage,
                            const Block& block, const std::vector<size_t>& tasks) {
  if (block.owner >= 0)
    return base.addStage(own_[tasks[0]], factory, stage, block, block.name,
                         addStream(dropoutOf(block)));
  Node node{{}, top_[tasks[0]], tasks};
  base.addStage(node.layers, factory, stage, block, block.name, addStream(dropoutOf(block)));
  for (const auto task : tasks) top_[task] = std::ssize(nodes_);
  nodes_.push_back(std::move(node));
}

bool BranchedModel::isWanted(const Node& node, const Pass& pass) const {
  return !pass.active || std::any_of(node.tasks.begin(), node.tasks.end(),
                                     [&](size_t task) { return (*pass.active)[task] != 0; });
}

std::vector<at::Tensor> BranchedModel::represent(const at::Tensor& inputs, const Pass& pass) const {
  std::vector<at::Tensor> found;
  for (const auto& node : nodes_) {
    auto* tape = innerTape(pass.tape);
    const auto& below = node.below < 0 ? inputs : found[static_cast<size_t>(node.below)];
    found.push_back(isWanted(node, pass) ? node.layers.forward(below, parameters_, pass, tape)
                                         : at::Tensor());
  }
  found.push_back(inputs);
  return found;
}

/// One where all that is shared leads to one node.
size_t BranchedModel::frontier() const {
  std::set<std::int64_t> tops(top_.begin(), top_.end());
  tops.erase(-1);
  return tops.size() == 1 ? 1 : 0;
}

void BranchedModel::back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
                         bool kernels) const {
  const Descent descent{parameters_, sink, kernels};
  for (size_t i = nodes_.size(); i-- > 0;) {
    const auto& [losses, gradients] = representations[i];
    if (!gradients.defined()) continue;
    sink.losses(losses);
    const bool further = nodes_[i].below >= 0;
    auto below = nodes_[i].layers.back(tape[i].inner[0], gradients, descent, further);
    if (further)
      representations[static_cast<size_t>(nodes_[i].below)].add({losses, std::move(below)});
  }
}

std::vector<size_t> BranchedModel::uses() const {
  std::vector<size_t> all;
  for (const auto& node : nodes_)
    for (const auto index : node.layers.parameters()) all.push_back(index);
  return all;
}

Origins BranchedModel::origins() const {
  Origins origins;
  for (const auto& info : parameters_.infos())
    if (info.block.part != Part::head && info.block.owner != kTrunk)
      origins[info.name] = {Block().name + info.name.substr(info.block.name.size())};
  return origins;
}

at::Tensor BranchedModel::features(size_t task, const std::vector<at::Tensor>& read,
                                   const Pass& pass) const {
  const auto own = own_[task].forward(read[0], parameters_, pass, nullptr).flatten(1);
  return read.size() == 1 ? own : at::cat({own, read[1].flatten(1)}, 1);
}

}  // namespace eq::model
