#include "core/model/experts/gated_experts.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include "core/base/random.h"
#include "core/model/mixture.h"

namespace eq::model {

GatedExperts::GatedExperts(const Parameters& parameters, const AssignedExperts& assigned,
                           const Setting& setting, const std::string& id)
    : SharedExperts(setting),
      count_(parameters.integer("experts")),
      anyAssigned_(!assigned.tasks.empty()),
      usable_(setting.tasks.size()),
      gates_(setting.tasks.size()),
      drop_(parameters.number("gate_dropout")) {
  const auto base = baseFrom(parameters, setting.inputShape, id);
  LayerFactory factory(parameters_, setting.seed);
  std::vector<std::vector<std::int64_t>> own(taskCount());
  for (std::int64_t e = 0; e < count_; ++e) {
    const auto expert = static_cast<size_t>(e);
    const auto block = blockOfExpert(assigned, expert);
    addExpert(base, factory, block, expert, setting.seed);
    const auto users = reach(block.owner);
    for (size_t k = 0; k < taskCount(); ++k)
      if (users[k]) (block.owner < 0 ? usable_ : own)[k].push_back(e);
  }
  for (size_t k = 0; k < taskCount(); ++k) {
    usable_[k].insert(usable_[k].end(), own[k].begin(), own[k].end());
    addGate(k, base.features(0), parameters.integers("gate_hidden"), setting.seed);
    draws_.push_back(addStream(dropoutOf(blockOf(k, Part::task))));
  }
  const std::vector<std::int64_t> features(taskCount(), base.features(base.stages()));
  addHeads(factory, features, parameters);
  parameters_.allocate(setting.type);
}

Block GatedExperts::blockOfExpert(const AssignedExperts& assigned, size_t expert) {
  if (expert >= assigned.tasks.size()) return {};
  const auto task = assigned.tasks[expert];
  if (!assigned.toTheOthers) return blockOf(task, Part::task);
  std::vector<size_t> others;
  for (size_t k = 0; k < taskCount(); ++k)
    if (k != task) others.push_back(k);
  return blockOf(others);
}

void GatedExperts::addGate(size_t task, std::int64_t inputs,
                           const std::vector<std::int64_t>& hidden, std::uint64_t seed) {
  const auto block = blockOf(task, Part::task);
  const auto name = block.name + ".gate.";
  LayerFactory factory(parameters_, deriveSeed(seed, name));
  for (size_t i = 0; i < hidden.size(); ++i) {
    gates_[task].add(factory.linear(name + std::to_string(i), inputs, hidden[i], block));
    gates_[task].add(factory.activation("relu"));
    inputs = hidden[i];
  }
  gates_[task].add(factory.linear(name + std::to_string(hidden.size()), inputs, count_, block));
}

at::Tensor GatedExperts::gate(size_t task, const at::Tensor& inputs, const Pass& pass) const {
  auto logits = gates_[task].forward(inputs, parameters_, pass, nullptr);
  if (anyAssigned_) {  // a softmax over -∞ elsewhere, without making those
    const auto all = logits.unbind(1);
    std::vector<at::Tensor> usable;
    for (const auto expert : usable_[task]) usable.push_back(all[static_cast<size_t>(expert)]);
    logits = at::stack(usable, 1);
  }
  auto learned = logits.softmax(1);
  observeGates(pass, task, learned);
  return learned;
}

/// Leaves out experts of the whole batch in training, and shares their part among the others.
HeadOutput GatedExperts::head(size_t task, const std::vector<at::Tensor>& read,
                              const Pass& pass) const {
  if (!pass.training || drop_ == 0) return HeadedModel::head(task, read, pass);
  const auto kept = keptExperts(task);
  return outputOf(headOf(task), read, pass, [&](const auto& rows, const Pass& way) {
    const auto left = gate(task, rows.back().flatten(1), way) * kept;
    return mixed(task, left / left.sum(1, true), rows, way);
  });
}

/// [E] 1 for those that stay for a batch; all of them where none would.
at::Tensor GatedExperts::keptExperts(size_t task) const {
  const auto drawn = at::empty({std::ssize(usable_[task])}, parameters_.values().options())
                         .bernoulli_(1 - drop_, *draws_[task]);
  return at::where(drawn.sum() > 0, drawn, 1);
}

/// With 0 for what the task may not use.
void GatedExperts::observeGates(const Pass& pass, size_t task, const at::Tensor& gate) const {
  if (!pass.seen) return;
  const at::NoGradGuard noGradients;
  const auto full = at::zeros({gate.size(0), count_}, gate.options().requires_grad(false));
  for (size_t i = 0; i < usable_[task].size(); ++i)
    full.select(1, usable_[task][i]).copy_(gate.select(1, static_cast<std::int64_t>(i)));
  observeGate(pass, static_cast<std::int64_t>(task), {}, full);
  observeUse(pass, full);
}

std::vector<ParameterSpec> gatedExpertsSpecs() {
  return {ParameterSpec::integer("experts", 4, "Networks that are mixed").from(1).to(64),
          ParameterSpec::integerList("gate_hidden", nlohmann::json::array(),
                                     "Widths of hidden layers in each gate")
              .from(1)
              .to(65536),
          ParameterSpec::number("gate_dropout", 0,
                                "Probability of leaving an expert of a task out of a batch")
              .from(0)
              .below(1)};
}

}  // namespace eq::model
