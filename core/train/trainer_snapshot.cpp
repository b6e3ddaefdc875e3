#include "core/train/trainer_snapshot.h"

#include <map>
#include <string>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>

#include "core/base/error.h"
#include "core/train/trainer.h"

namespace eq::train {
namespace {

/// What is trained, in the order of the buffer.
std::vector<at::Tensor> parametersIn(const Snapshot& snapshot,
                                     const model::ParameterBuffer& trained) {
  std::vector<at::Tensor> found;
  for (const auto& info : trained.infos()) {
    const auto tensor = snapshot.tensors.find("model." + info.name);
    if (tensor == snapshot.tensors.end() || tensor->second.sizes() != at::IntArrayRef(info.shape))
      fail(
          "checkpoint: parameter {} is missing or has another shape; it was made with another "
          "model",
          info.name);
    found.push_back(tensor->second);
  }
  return found;
}

std::map<std::string, at::Tensor> momentsIn(const Snapshot& snapshot) {
  std::map<std::string, at::Tensor> moments;
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with("optimizer.")) moments[name.substr(10)] = tensor;
  return moments;
}

constexpr const char* kOfBalancer = "balancer.";

/// What methods that read J keep, where J will be.
std::map<std::string, at::Tensor> rowsIn(const Snapshot& snapshot, const RunParts& parts) {
  const std::string prefix = kOfBalancer;
  std::map<std::string, at::Tensor> rows;
  for (const auto& [name, tensor] : snapshot.tensors)
    if (name.starts_with(prefix))
      rows[name.substr(prefix.size())] = tensor.to(parts.device, tensor.scalar_type(), false, true);
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
  for (const auto& [name, tensor] : parts.optimizer->state())
    snapshot.tensors["optimizer." + name] = tensor.to(at::kCPU, false, true);
  for (const auto& [name, tensor] : parts.balancer->tensors())
    snapshot.tensors[kOfBalancer + name] = tensor.to(at::kCPU, false, true);
  snapshot.tensors["random.dropout"] = parts.model->randomState().clone();
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
  parts.feed.addState(snapshot);
  parts.schemes.addState(snapshot);
  if (parts.front) snapshot.meta["pareto"] = parts.front->state();
  watch.addState(snapshot.meta);
  return snapshot;
}

void restoreFrom(const Snapshot& snapshot, RunParts& parts, FiniteWatch& watch) {
  const at::NoGradGuard noGradients;
  const auto parameters = parametersIn(snapshot, parts.trained());
  parts.optimizer->restore(momentsIn(snapshot));
  for (size_t i = 0; i < parameters.size(); ++i) parts.trained().tensor(i).copy_(parameters[i]);
  parts.model->restoreRandomState(snapshot.tensors.at("random.dropout"));
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
