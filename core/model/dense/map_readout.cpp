#include "core/model/dense/map_readout.h"

#include <utility>

#include "core/base/error.h"

namespace eq::model {
namespace {

std::int64_t placesOf(const TaskInfo& task) {
  return task.imageShape[0] * task.imageShape[1];
}

/// What one place has of a readout of whole maps.
Readout ofOnePlace(const Readout& wanted, const TaskInfo& task) {
  const bool classes = task.kind == TaskKind::segmentation;
  const bool maps = wanted.layer == Readout::Layer::linear && wanted.outputs == task.width &&
                    (!classes || wanted.channels == placesOf(task));
  if (!maps || !wanted.biases.empty() || !wanted.fields.empty() || wanted.views.any())
    fail(
        "model.id: dense_cnn gives numbers at each place of a map, and the loss of the task {} "
        "reads \"{}\"{}; choose another loss for it, or another model",
        task.name, wanted.name(),
        wanted.fields.empty() ? "" : fmt::format(" and learns {}", wanted.fields[0].field));
  auto one = wanted;
  one.scalar = false;
  if (classes)
    one.channels = 0;
  else
    one.outputs /= placesOf(task);
  return one;
}

}  // namespace

bool isMapTask(const TaskInfo& task) {
  if (task.imageShape.size() != 2) return false;
  return task.kind == TaskKind::segmentation ||
         (task.kind == TaskKind::regression && task.width % placesOf(task) == 0);
}

MapReadout::MapReadout(ParameterBuffer& parameters, std::uint64_t seed, const Block& block,
                       std::int64_t features, const TaskInfo& task,
                       const std::vector<Readout>& readouts)
    : classes_(task.kind == TaskKind::segmentation) {
  for (const auto& wanted : readouts)
    entries_.push_back({wanted.name(), ReadoutLayer(parameters, seed, block, features,
                                                    {ofOnePlace(wanted, task)})});
}

at::Tensor MapReadout::asMaps(const at::Tensor& rows, std::int64_t examples) const {
  auto shape = rows.sizes().vec();
  shape[0] /= examples;
  shape.insert(shape.begin(), examples);
  const auto maps = rows.view(shape).transpose(1, 2);
  return classes_ ? maps : maps.flatten(1, 2);
}

HeadOutput MapReadout::forward(const at::Tensor& maps, const ParameterBuffer& parameters) const {
  const auto places = maps.permute({0, 2, 3, 1}).reshape({-1, maps.size(1)});
  HeadOutput output;
  for (const auto& [name, layer] : entries_) {
    auto found = asMaps(layer.forward(places, parameters).prediction, maps.size(0));
    if (output.prediction.defined())
      output.fields[furtherReadout(name)] = std::move(found);
    else
      output.prediction = std::move(found);
  }
  return output;
}

std::int64_t MapReadout::multiplyAdds(const ParameterBuffer& parameters) const {
  std::int64_t count = 0;
  for (const auto& [name, layer] : entries_) count += layer.multiplyAdds(parameters);
  return count;
}

}  // namespace eq::model
