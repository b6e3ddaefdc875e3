#include "core/model/model.h"

#include <algorithm>
#include <utility>

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

Model::Model(const Setting& setting) : reads_(setting.tasks.size(), {0}), seed_(setting.seed) {
  generator_ = addStream("dropout");
  for (const auto& task : setting.tasks) names_.push_back(task.name);
  parameters_.freeze(setting.frozen);
}

bool Model::goesBackByTraces() const {
  const auto& infos = parameters_.infos();
  return leavesTraces() && std::none_of(infos.begin(), infos.end(), [](const auto& info) {
           return info.block.owner < 0 && !info.block.trainable;
         });
}

std::shared_ptr<at::Generator> Model::addStream(const std::string& name) {
  auto& stream = streams_[name];
  if (!stream)
    stream =
        std::make_shared<at::Generator>(generatorOn(at::Device(at::kCPU), deriveSeed(seed_, name)));
  return stream;
}

RandomState Model::randomState() const {
  RandomState state;
  for (const auto& [name, stream] : streams_) state[name] = stream->get_state().clone();
  return state;
}

void Model::restoreRandomState(const RandomState& state) {
  for (const auto& [name, values] : state)
    if (const auto known = streams_.find(name); known != streams_.end())
      known->second->set_state(values);
}

std::vector<at::Tensor> Model::readBy(size_t task,
                                      const std::vector<at::Tensor>& representations) const {
  std::vector<at::Tensor> read;
  for (const auto place : reads_.at(task)) read.push_back(representations.at(place));
  return read;
}

void Model::back(const Tape&, std::vector<Stack>, ParameterSink&, bool) const {
  throw Error("this model leaves no traces", ErrorKind::failure);
}

Block Model::blockOf(size_t task, Part part) const {
  const auto prefix = part == Part::head ? "head." : "task.";
  return {static_cast<Owner>(task), part, prefix + names_.at(task)};
}

Block Model::blockOf(const std::vector<size_t>& tasks) {
  if (tasks.size() == names_.size()) return {};
  if (tasks.size() == 1) return blockOf(tasks[0], Part::task);
  auto found = std::find(groups_.begin(), groups_.end(), tasks);
  if (found == groups_.end()) found = groups_.insert(groups_.end(), tasks);
  // Whatever the order of the tasks, so that files survive another one.
  std::vector<std::string> names;
  for (const auto task : tasks) names.push_back(names_.at(task));
  std::sort(names.begin(), names.end());
  return {kTrunk - 1 - (found - groups_.begin()), Part::trunk,
          fmt::format("group.{}", fmt::join(names, "+"))};
}

std::vector<char> Model::reach(Owner owner) const {
  if (owner == kTrunk) return std::vector<char>(taskCount(), 1);
  std::vector<char> tasks(taskCount());
  if (owner >= 0)
    tasks.at(static_cast<size_t>(owner)) = 1;
  else
    for (const auto task : groups_.at(static_cast<size_t>(kTrunk - 1 - owner))) tasks[task] = 1;
  return tasks;
}

std::vector<char> Model::sharing() const {
  std::vector<char> tasks(taskCount());
  for (const auto index : parameters_.columnIndices()) {
    const auto of = reach(parameters_.infos()[index].block.owner);
    for (size_t k = 0; k < tasks.size(); ++k) tasks[k] |= of[k];
  }
  return tasks;
}

void Model::to(const at::Device& device) {
  parameters_.to(device);
  for (auto& [name, numbers] : buffers_) numbers = numbers.to(device);
  for (const auto& [name, stream] : streams_)
    *stream = generatorOn(device, deriveSeed(seed_, name));
}

void Model::takeOver(const Model& other) {
  parameters_.takeOver(other.parameters_, origins());
  for (const auto& [name, numbers] : other.buffers_)
    if (const auto own = buffers_.find(name);
        own != buffers_.end() && own->second.sizes() == numbers.sizes())
      own->second.copy_(numbers);
  restoreRandomState(other.randomState());
}

HeadedModel::HeadedModel(const Setting& setting)
    : Model(setting), wanted_(setting.readouts), seed_(deriveSeed(setting.seed, "heads")) {
  for (const auto& task : setting.tasks)
    if (setting.readouts.empty()) wanted_.push_back({usualReadout(task)});
}

at::Tensor HeadedModel::features(size_t, const std::vector<at::Tensor>& read, const Pass&) const {
  return read.front();
}

HeadOutput HeadedModel::head(size_t task, const std::vector<at::Tensor>& read,
                             const Pass& pass) const {
  return outputOf(heads_.at(task), read, pass,
                  [&](const auto& rows, const Pass& way) { return features(task, rows, way); });
}

HeadOutput HeadedModel::outputOf(
    const Head& head, const std::vector<at::Tensor>& read, const Pass& pass,
    const std::function<at::Tensor(const std::vector<at::Tensor>& read, const Pass& pass)>&
        features) const {
  const auto hidden = [&](const std::vector<at::Tensor>& rows, const Pass& way) {
    const auto below = features(rows, way);
    if (way.multiplyAdds)
      *way.multiplyAdds += below.size(0) * head.readouts.multiplyAdds(parameters_);
    return head.hidden.forward(below, parameters_, way, nullptr);
  };
  if (!pass.views) return head.readouts.forward(hidden(read, pass), parameters_);
  const auto examples = read.front().size(0) / 2;
  const auto half = [&](std::int64_t first, const Pass& way) {
    auto rows = read;
    for (auto& one : rows) one = one.narrow(0, first, examples);
    return hidden(rows, way);
  };
  auto own = pass;  // its rows have no second views
  own.views = false;
  const auto h = half(0, own);
  auto output = head.readouts.forward(h, parameters_);
  if (!head.readouts.readsViews()) return output;
  auto second = own;  // what is recorded and penalised is that of the examples themselves
  second.seen = nullptr;
  second.penalties = nullptr;
  head.readouts.addViews(output, h, half(examples, second), parameters_);
  return output;
}

void HeadedModel::penalise(const Pass& pass) const {
  for (const auto& regulariser : regularisers_)
    regulariser.penalise(parameters_, taskCount(), pass);
}

HeadedModel::Head HeadedModel::makeHead(LayerFactory& factory, size_t task, const Block& block,
                                        std::int64_t features, const Parameters& parameters) {
  Sequence layers;
  int number = 0;
  for (const auto width : parameters.integers("head_hidden")) {
    layers.add(factory.linear(block.name + "." + std::to_string(number++), features, width, block));
    layers.add(factory.activation("relu"));
    features = width;
  }
  return {std::move(layers), ReadoutLayer(parameters_, seed_, block, features, wanted_.at(task))};
}

void HeadedModel::addHeads(LayerFactory& factory, const std::vector<std::int64_t>& features,
                           const Parameters& parameters) {
  for (size_t k = 0; k < taskCount(); ++k)
    heads_.push_back(makeHead(factory, k, blockOf(k, Part::head), features.at(k), parameters));
  std::vector<std::vector<size_t>> last;
  for (const auto& head : heads_) last.push_back(head.readouts.weights());
  regularisers_ = regularisersFrom(parameters.at("regularisers"), {parameters_, taskNames(), last});
}

std::vector<at::Tensor> SequenceModel::represent(const at::Tensor& inputs, const Pass& pass) const {
  return {trunk_.forward(inputs, parameters_, pass, pass.tape)};
}

void SequenceModel::back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
                         bool kernels) const {
  sink.losses(representations.front().losses);
  trunk_.back(tape, representations.front().gradients, {parameters_, sink, kernels}, false);
}

void SequenceModel::addHeads(LayerFactory& factory, std::int64_t features,
                             const Parameters& parameters) {
  HeadedModel::addHeads(factory, std::vector<std::int64_t>(taskCount(), features), parameters);
}

}  // namespace eq::model
