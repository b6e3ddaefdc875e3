#include "core/train/description.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

namespace eq::train {
namespace {

using nlohmann::json;

std::int64_t multiplyAddsOf(const RunParts& parts) {
  const at::NoGradGuard noGradients;
  std::int64_t count = 0;
  model::Pass pass;
  pass.multiplyAdds = &count;
  auto shape = parts.problem.inputShape;
  shape.insert(shape.begin(), 1);
  const auto& network = *parts.model;
  const auto inputs = at::zeros(shape, network.parameters().values().options());
  const auto representation = network.trunk(inputs, pass);
  for (size_t k = 0; k < network.taskCount(); ++k) network.head(k, representation, pass);
  return count;
}

json parametersOf(const RunParts& parts) {
  auto list = json::array();
  for (const auto& info : parts.model->parameters().infos()) {
    auto owner = json("shared");
    if (info.owner != model::kTrunk)
      owner = json::array({parts.tasks[static_cast<size_t>(info.owner)].info().name});
    list.push_back({{"name", info.name},
                    {"shape", info.shape},
                    {"owner", owner},
                    {"trainable", true},
                    {"architecture", false}});
  }
  return list;
}

}  // namespace

json describe(const RunParts& parts) {
  const auto& parameters = parts.model->parameters();
  auto own = json::object();
  for (size_t k = 0; k < parts.tasks.size(); ++k)
    own[parts.tasks[k].info().name] = parameters.range(static_cast<std::int64_t>(k)).size();
  // Every model of today shares its whole trunk and parts after it, in one tensor.
  return {{"parameters", parametersOf(parts)},
          {"total", parameters.values().numel()},
          {"shared", parameters.range(model::kTrunk).size()},
          {"per_task", own},
          {"groups", json::array()},
          {"not_trainable", 0},
          {"flops_per_example", 2 * multiplyAddsOf(parts)},
          {"series", json::array()},
          {"frontier", 1}};
}

}  // namespace eq::train
