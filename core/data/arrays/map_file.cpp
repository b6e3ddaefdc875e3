#include "core/data/arrays/map_file.h"

#include <cmath>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/base/text.h"
#include "core/data/arrays/npy.h"

namespace eq::data {
namespace {

constexpr std::uint64_t kMostMapBytes = std::uint64_t{1} << 28;

bool fitsMap(std::int64_t channels, MapKind kind) {
  if (kind == MapKind::image) return channels == 1 || channels == 3;
  return channels == (kind == MapKind::normal ? 3 : 1);
}

const char* expectedAxes(MapKind kind) {
  switch (kind) {
    case MapKind::image:
      return "[height, width, 3] or [height, width]";
    case MapKind::normal:
      return "[height, width, 3]";
    case MapKind::label:
    case MapKind::depth:
      break;
  }
  return "[height, width] or [height, width, 1]";
}

}  // namespace

MapFile openMapFile(const std::filesystem::path& file) {
  const auto bytes = openFile(file);
  if (bytes->size() > kMostMapBytes)
    fail("{}: {} bytes are more than the 256 MiB of a map", bytes->name(), bytes->size());
  auto text = bytes->text(0, static_cast<size_t>(bytes->size()));
  auto hash = sha256(text);
  auto array = openNpy(Stretch::whole(inMemory(std::move(text), bytes->name())),
                       printable(file.stem().string()));
  if (!array.problem.empty()) fail("{}: holds {}, no numbers", bytes->name(), array.problem);
  return {std::move(array), std::move(hash)};
}

MapAxes mapAxes(const NumberArray& array, MapKind kind, const std::string& layout) {
  const auto& shape = array.shape;
  const auto refuse = [&](const std::string& why) {
    fail("{}: expected {}{}, found {}", array.stretch.name, expectedAxes(kind), why, array.text());
  };
  MapAxes axes;
  if (shape.size() == 2 && fitsMap(1, kind)) {
    axes = {shape[0], shape[1], 1, false};
  } else if (shape.size() == 3) {
    const bool last = layout != "channels_first" && fitsMap(shape[2], kind);
    const bool first = layout != "channels_last" && fitsMap(shape[0], kind);
    if (last && first)
      fail("{}: the channels of {} can be its first axis or its last; say it in data.layout",
           array.stretch.name, array.text());
    if (!last && !first)
      refuse(layout == "auto" ? ", or with the channels first"
                              : fmt::format(" with data.layout {}", layout));
    axes = first ? MapAxes{shape[1], shape[2], shape[0], true}
                 : MapAxes{shape[0], shape[1], shape[2], false};
  } else {
    refuse("");
  }
  if (axes.height < 1 || axes.width < 1) refuse(" with at least one pixel");
  return axes;
}

std::string MapNumbers::place(const NumberArray& array, std::int64_t place) const {
  const auto channel = place / pixels(), row = place % pixels() / axes.width,
             column = place % axes.width;
  std::vector<std::int64_t> indices{row, column};
  if (array.shape.size() == 3)
    indices.insert(axes.channelsFirst ? indices.begin() : indices.end(), channel);
  return fmt::format("{}: element [{}]", array.stretch.name, fmt::join(indices, ", "));
}

MapNumbers readMap(const NumberArray& array, MapKind kind, const std::string& layout) {
  MapNumbers found{mapAxes(array, kind, layout), {}};
  const auto channels = found.axes.channels, pixels = found.pixels();
  const bool channelsFirst = found.axes.channelsFirst;
  found.values.resize(static_cast<size_t>(channels * pixels));
  const auto ofRow = channelsFirst ? pixels : found.axes.width * channels;
  forEachElement(array, [&](std::int64_t row, std::int64_t entry, double number) {
    const auto flat = row * ofRow + entry;
    const auto place = channelsFirst ? flat : flat % channels * pixels + flat / channels;
    if (std::isinf(number) || (std::isnan(number) && kind != MapKind::depth))
      fail("{}: {} is no number to learn from or to learn", found.place(array, place), number);
    found.values[static_cast<size_t>(place)] = static_cast<float>(number);
  });
  return found;
}

}  // namespace eq::data
