#include "core/base/readout.h"

#include <fmt/format.h>

namespace eq {
namespace {

const char* toText(Readout::Layer layer) {
  switch (layer) {
    case Readout::Layer::linear:
      return "linear";
    case Readout::Layer::cosines:
      return "cosines";
    case Readout::Layer::oneScore:
      return "score";
    case Readout::Layer::predictor:
      return "predictor";
    case Readout::Layer::features:
      return "features";
  }
  return "?";
}

}  // namespace

std::string Readout::name() const {
  if (layer == Layer::features || layer == Layer::predictor) return toText(layer);
  std::string name =
      fmt::format("{}{}{} {}", role, role.empty() ? "" : " ", toText(layer), outputs);
  if (channels > 0) name += fmt::format("x{}", channels);
  if (positive) name += " above 0";
  return name;
}

std::string furtherReadout(const std::string& name) {
  return "readout " + name;
}

Readout usualReadout(const TaskInfo& task) {
  Readout readout;
  readout.outputs = task.kind == TaskKind::binary ? 1 : task.width;
  if (task.kind == TaskKind::segmentation)
    readout.channels = task.imageShape.at(0) * task.imageShape.at(1);
  readout.scalar =
      task.kind == TaskKind::binary || (task.kind == TaskKind::regression && task.width == 1);
  return readout;
}

}  // namespace eq
