#include "core/train/trainer_snapshot.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/train/structure.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

/// A parameter or buffer of the model.
const at::Tensor& ofModel(const Snapshot& snapshot, const std::string& name,
                          at::IntArrayRef shape) {
  const auto tensor = snapshot.tensors.find("model." + name);
  if (tensor == snapshot.tensors.end() || tensor->second.sizes() != shape)
    fail("checkpoint: parameter {} is missing or has another shape; it was made with another model",
         name);
  return tensor->second;
}

/// Each with what it is to hold: nothing is copied before all are there.
std::vector<std::pair<at::Tensor, at::Tensor>> numbersIn(const Snapshot& snapshot,
                                                         const RunParts& parts) {
  std::vector<std::pair<at::Tensor, at::Tensor>> found;
  const auto& parameters = parts.trained();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    found.emplace_back(parameters.tensor(i),
                       ofModel(snapshot, parameters.infos()[i].name, parameters.tensor(i).sizes()));
  for (const auto& [name, numbers] : parts.model->buffers())
    found.emplace_back(numbers, ofModel(snapshot, name, numbers.sizes()));
  return found;
}

constexpr const char* kOfBalancer = "balancer.";
constexpr const char* kOfRandom = "random.";
constexpr const char* kStructure = "structure";
constexpr const char* kReleased = "released";

std::map<std::string, at::Tensor> tensorsUnder(const std::string& prefix,
                                               const Snapshot& snapshot) {
  std::map<std::string, at::Tensor> found;
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with(prefix)) found[name.substr(prefix.size())] = tensor;
  return found;
}

/// What methods that read J keep, where J will be.
std::map<std::string, at::Tensor> rowsIn(const Snapshot& snapshot, const RunParts& parts) {
  auto rows = tensorsUnder(kOfBalancer, snapshot);
  for (auto& [name, tensor] : rows)
    tensor = tensor.to(parts.device, tensor.scalar_type(), false, true);
  return rows;
}

/// Older checkpoints have none.
void restoreFurther(const nlohmann::json& meta, RunParts& parts) {
  parts.further.clear();
  const auto states = meta.find("further_samplers");
  if (states == meta.end()) return;
  parts.further = furtherSamplers(parts);
  for (size_t i = 0; i < parts.further.size(); ++i) parts.further[i].restore(states->at(i));
}

nlohmann::json infosOf(const std::vector<TaskRuntime>& tasks) {
  auto infos = nlohmann::json::array();
  for (const auto& task : tasks) infos.push_back(toJson(task.info()));
  return infos;
}

}  // namespace

Snapshot snapshotOf(const RunParts& parts, const FiniteWatch& watch,
                    const nlohmann::json& fingerprint) {
  Snapshot snapshot;
  const auto& parameters = parts.trained();
  for (size_t i = 0; i < parameters.infos().size(); ++i)
    snapshot.tensors["model." + parameters.infos()[i].name] =
        parameters.tensor(i).detach().to(at::kCPU, false, true);
  for (const auto& [name, numbers] : parts.model->buffers())
    snapshot.tensors["model." + name] = numbers.to(at::kCPU, false, true);
  for (const auto& [name, tensor] : parts.optimizer->state())
    snapshot.tensors["optimizer." + name] = tensor.to(at::kCPU, false, true);
  for (const auto& [name, tensor] : parts.balancer->tensors())
    snapshot.tensors[kOfBalancer + name] = tensor.to(at::kCPU, false, true);
  for (const auto& [name, state] : parts.model->randomState())
    snapshot.tensors[kOfRandom + name] = state;
  snapshot.meta = {{"experiment", toJson(parts.experiment)},
                   {"folder", parts.experiment.folder.string()},
                   {"data", fingerprint},
                   {"input_shape", parts.problem.inputShape},
                   {"inputs", data::toJson(parts.problem.inputs)},
                   {"tasks", infosOf(parts.tasks)},
                   {"step", parts.progress.steps},
                   {"examples", parts.progress.examples},
                   {"seconds", parts.progress.seconds},
                   {"balancer", parts.balancer->state()},
                   {"sampler", parts.sampler->state()},
                   {"frozen", parts.frozen},
                   {"torch", torchVersion()},
                   {"device", parts.device.str()},
                   {"threads", at::get_num_threads()}};
  for (const auto& sampler : parts.further)
    snapshot.meta["further_samplers"].push_back(sampler.state());
  if (const auto structure = parts.model->structure(); !structure.empty())
    snapshot.meta[kStructure] = structure;
  if (parts.released) snapshot.meta[kReleased] = true;
  parts.feed.addState(snapshot);
  parts.schemes.addState(snapshot);
  if (parts.front) snapshot.meta["pareto"] = parts.front->state();
  watch.addState(snapshot.meta);
  return snapshot;
}

void restoreFrom(const Snapshot& snapshot, RunParts& parts, FiniteWatch& watch) {
  const at::NoGradGuard noGradients;
  const auto structure = snapshot.meta.value(kStructure, nlohmann::json::object());
  const bool released = snapshot.meta.value(kReleased, false);
  if (structure != parts.model->structure() || released != parts.released)
    beginWith(parts, structure, released);
  const auto numbers = numbersIn(snapshot, parts);
  parts.optimizer->restore(tensorsUnder("optimizer.", snapshot));
  for (const auto& [own, saved] : numbers) own.copy_(saved);
  parts.model->restoreRandomState(tensorsUnder(kOfRandom, snapshot));
  const auto& meta = snapshot.meta;
  parts.progress.steps = meta.at("step").get<std::int64_t>();
  parts.progress.examples = meta.at("examples").get<std::int64_t>();
  parts.progress.seconds = meta.at("seconds").get<double>();
  parts.balancer->restore(meta.at("balancer"));
  parts.balancer->restoreTensors(rowsIn(snapshot, parts));
  restoreFurther(meta, parts);
  parts.feed.restore(snapshot, parts.device);
  parts.schemes.restore(snapshot, parts.device);
  if (parts.front) parts.front->restore(meta.at("pareto"));
  parts.settle();
  parts.sampler->restore(meta.at("sampler"));
  parts.frozen = meta.at("frozen").get<std::vector<char>>();
  watch.restore(meta);
}

}  // namespace eq::train
