#include "core/model/model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>

#include "core/base/error.h"
#include "core/base/random.h"

namespace eq::model {

at::Generator generatorOn(const at::Device& device, std::uint64_t seed) {
  if (device.is_cpu()) return at::make_generator<at::CPUGeneratorImpl>(seed);
  auto generator = at::globalContext().defaultGenerator(device).clone();
  generator.set_current_seed(seed);
  return generator;
}

Model::Model(const Setting& setting)
    : generator_(std::make_shared<at::Generator>(
          generatorOn(at::Device(at::kCPU), deriveSeed(setting.seed, "dropout")))),
      taskCount_(setting.tasks.size()),
      seed_(setting.seed) {}

void Model::back(const Tape&, const at::Tensor&, ParameterSink&, bool) const {
  throw Error("this model leaves no traces", ErrorKind::failure);
}

void Model::to(const at::Device& device) {
  parameters_.to(device);
  *generator_ = generatorOn(device, deriveSeed(seed_, "dropout"));
}

void Model::takeOver(const Model& other) {
  parameters_.takeOver(other.parameters_);
  restoreRandomState(other.randomState());
}

at::Tensor SequenceModel::trunk(const at::Tensor& inputs, const Pass& pass) const {
  return trunk_.forward(inputs, parameters_, pass, pass.tape);
}

void SequenceModel::back(const Tape& tape, const at::Tensor& representation, ParameterSink& sink,
                         bool kernels) const {
  trunk_.back(tape, representation, {parameters_, sink, kernels}, false);
}

SequenceModel::SequenceModel(const Setting& setting)
    : Model(setting), wanted_(setting.readouts), seed_(deriveSeed(setting.seed, "heads")) {
  for (const auto& task : setting.tasks) {
    names_.push_back(task.name);
    if (setting.readouts.empty()) wanted_.push_back({usualReadout(task)});
  }
}

HeadOutput SequenceModel::head(size_t task, const at::Tensor& representation,
                               const Pass& pass) const {
  const auto& head = heads_.at(task);
  const auto features = [&](const at::Tensor& rows) {
    if (pass.multiplyAdds)
      *pass.multiplyAdds += rows.size(0) * head.readouts.multiplyAdds(parameters_);
    return head.hidden.forward(rows, parameters_, pass, nullptr);
  };
  if (!pass.views) return head.readouts.forward(features(representation), parameters_);
  const auto examples = representation.size(0) / 2;
  const auto h = features(representation.narrow(0, 0, examples));
  auto output = head.readouts.forward(h, parameters_);
  if (head.readouts.readsViews())
    head.readouts.addViews(output, h, features(representation.narrow(0, examples, examples)),
                           parameters_);
  return output;
}

void SequenceModel::addHeads(LayerFactory& factory, std::int64_t features,
                             const std::vector<std::int64_t>& hidden) {
  for (size_t k = 0; k < names_.size(); ++k) {
    Sequence layers;
    auto inputs = features;
    const auto owner = static_cast<std::int64_t>(k);
    const auto prefix = "head." + names_[k];
    int number = 0;
    for (const auto width : hidden) {
      layers.add(factory.linear(prefix + "." + std::to_string(number++), inputs, width, owner));
      layers.add(factory.activation("relu"));
      inputs = width;
    }
    heads_.push_back(
        {std::move(layers), ReadoutLayer(parameters_, seed_, prefix, owner, inputs, wanted_[k])});
  }
}

}  // namespace eq::model
