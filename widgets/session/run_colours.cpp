#include "widgets/session/run_colours.h"

#include <utility>

#include "widgets/session/folder_place.h"

namespace eq::widgets {

RunColours& RunColours::instance() {
  static RunColours colours;
  return colours;
}

void RunColours::set(const std::filesystem::path& workspace, const Colours& colours) {
  Colours places;
  for (const auto& [folder, colour] : colours) places[normalFolder(folder)] = colour;
  auto& known = colours_[workspace];
  if (known == places) return;
  known = std::move(places);
  emit changed();
}

std::optional<int> RunColours::of(const std::filesystem::path& folder) const {
  const auto place = normalFolder(folder);
  for (const auto& [workspace, colours] : colours_)
    if (const auto found = colours.find(place); found != colours.end()) return found->second;
  return std::nullopt;
}

}  // namespace eq::widgets
