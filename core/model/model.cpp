#include "core/model/model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "core/base/random.h"

namespace eq::model {
namespace {

at::Generator generatorOn(const at::Device& device, std::uint64_t seed) {
  if (device.is_cpu()) return at::make_generator<at::CPUGeneratorImpl>(seed);
  auto generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

/// Columns that a head puts out for a task.
std::int64_t outputsOf(const TaskInfo& task) {
  return task.kind == TaskKind::binary ? 1 : task.width;
}

/// Whether a head's single column is dropped: prediction [N] instead of [N, 1].
bool isScalar(const TaskInfo& task) {
  return task.kind == TaskKind::binary || (task.kind == TaskKind::regression && task.width == 1);
}

}  // namespace

Model::Model(const Setting& setting)
    : generator_(std::make_shared<at::Generator>(
          generatorOn(at::Device(at::kCPU), deriveSeed(setting.seed, "dropout")))),
      taskCount_(setting.tasks.size()),
      seed_(setting.seed) {}

void Model::to(const at::Device& device) {
  parameters_.to(device);
  *generator_ = generatorOn(device, deriveSeed(seed_, "dropout"));
}

at::Tensor SequenceModel::trunk(const at::Tensor& inputs, const Pass& pass) const {
  return trunk_.forward(inputs, parameters_, pass);
}

at::Tensor SequenceModel::head(size_t task, const at::Tensor& representation,
                               const Pass& pass) const {
  const auto output = heads_.at(task).forward(representation, parameters_, pass);
  return isScalar(tasks_[task]) ? output.squeeze(1) : output;
}

void SequenceModel::addHeads(LayerFactory& factory, std::int64_t features,
                             const std::vector<std::int64_t>& hidden) {
  for (size_t k = 0; k < tasks_.size(); ++k) {
    Sequence head;
    auto inputs = features;
    const auto owner = static_cast<std::int64_t>(k);
    int number = 0;
    const auto name = [&] { return "head." + tasks_[k].name + "." + std::to_string(number++); };
    for (const auto width : hidden) {
      head.add(factory.linear(name(), inputs, width, owner));
      head.add(factory.activation("relu"));
      inputs = width;
    }
    head.add(factory.linear(name(), inputs, outputsOf(tasks_[k]), owner));
    heads_.push_back(std::move(head));
  }
}

}  // namespace eq::model
