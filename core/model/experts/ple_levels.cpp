#include "core/model/experts/ple_levels.h"

#include <utility>

#include <fmt/format.h>

#include "core/base/random.h"
#include "core/model/mixture.h"

namespace eq::model {

std::vector<at::Tensor> joined(std::vector<at::Tensor> experts,
                               const std::vector<at::Tensor>& further) {
  experts.insert(experts.end(), further.begin(), further.end());
  return experts;
}

PleLevels::PleLevels(const Parameters& parameters, const BaseNetwork& base, const Setting& setting)
    : HeadedModel(setting),
      shared_(static_cast<size_t>(parameters.integer("shared_experts"))),
      own_(static_cast<size_t>(parameters.integer("task_experts"))),
      count_(static_cast<size_t>(parameters.integer("levels"))),
      base_(base),
      seed_(setting.seed) {}

void PleLevels::complete(LayerFactory& factory, const Parameters& parameters) {
  addHeads(factory, std::vector<std::int64_t>(taskCount(), base_.features(base_.stages())),
           parameters);
}

Sequence PleLevels::expert(LayerFactory& factory, size_t level, const std::string& name,
                           const Block& block) {
  Sequence layers;
  const auto dropout = addStream(dropoutOf(block));
  const auto end = isLast(level) ? base_.stages() : level + 1;
  for (size_t stage = level; stage < end; ++stage)
    base_.addStage(layers, factory, stage, block, name, dropout);
  return layers;
}

Sequence PleLevels::gate(size_t level, const std::string& name, size_t entries,
                         const Block& block) {
  Sequence layers;
  LayerFactory factory(parameters_, deriveSeed(seed_, name));
  layers.add(factory.flatten());
  layers.add(
      factory.linear(name, base_.features(level), static_cast<std::int64_t>(entries), block));
  return layers;
}

void PleLevels::addLevel(LayerFactory& factory, LevelOwners owners, bool hasSharedStream) {
  const auto level = levels_.size();
  auto& made = levels_.emplace_back();
  const auto place = "level" + std::to_string(level + 1);
  const auto further = [&](const std::string& name, const Block& block) {
    LayerFactory other(parameters_, deriveSeed(seed_, name));
    return expert(other, level, name, block);
  };
  for (size_t e = 0; e < shared_; ++e) {
    const auto name = "trunk." + place + ".shared." + std::to_string(e);
    made.shared.push_back(e == 0 ? expert(factory, level, name, {}) : further(name, {}));
  }
  if (hasSharedStream)
    made.sharedGate = gate(level, "trunk." + place + ".gate", shared_ + taskCount() * own_, {});
  for (size_t k = 0; k < taskCount(); ++k) {
    const auto own = blockOf(k, Part::task);
    const auto& task = taskNames()[k];
    const bool expertsAlone = owners == LevelOwners::tasks;
    auto& experts = made.own.emplace_back();
    for (size_t e = 0; e < own_; ++e) {
      const auto number = ".expert." + std::to_string(e);
      experts.push_back(expertsAlone ? further(own.name + "." + place + number, own)
                                     : further("trunk." + place + "." + task + number, {}));
    }
    made.gates.push_back(owners == LevelOwners::shared
                             ? gate(level, "trunk." + place + ".gate." + task, shared_ + own_, {})
                             : gate(level, own.name + "." + place + ".gate", shared_ + own_, own));
  }
}

PleLevels::Maps PleLevels::outputsOf(const std::vector<Sequence>& experts, const at::Tensor& stream,
                                     const Pass& pass) const {
  Maps outputs;
  for (const auto& expert : experts)
    outputs.push_back(expert.forward(stream, parameters_, pass, nullptr));
  return outputs;
}

at::Tensor PleLevels::mixed(size_t level, std::int64_t task, const at::Tensor& stream,
                            const Maps& experts, const Pass& pass) const {
  const auto& of = levels_[level];
  const auto& layers = task < 0 ? of.sharedGate : of.gates[static_cast<size_t>(task)];
  const auto gate = layers.forward(stream, parameters_, pass, nullptr).softmax(1);
  const auto place = std::to_string(level + 1);
  observeGate(pass, task, task < 0 ? fmt::format("{}.{}", kSharedStream, place) : place, gate);
  if (isLast(level)) observeLast(pass, task, gate);
  return mixedMaps(gate, experts, pass);
}

void PleLevels::observeLast(const Pass& pass, std::int64_t task, const at::Tensor& gate) const {
  const auto shared = static_cast<std::int64_t>(shared_), own = static_cast<std::int64_t>(own_);
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < shared + own; ++i) places.push_back(i < shared ? i : i + task * own);
  observeUse(pass, gate, places, shared + std::ssize(taskNames()) * own);
}

}  // namespace eq::model
