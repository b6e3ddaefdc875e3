#include "core/train/image_experiment.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/data/image_folder.h"
#include "core/train/table_experiment.h"

namespace eq::train {
namespace {

constexpr std::int64_t kLargestSide = 64;  // that two stages of convolution see enough of

/// {height, width}, even and in the images' proportions.
std::vector<std::int64_t> fitting(std::int64_t height, std::int64_t width) {
  const auto side = std::max(height, width);
  const auto scaled = [&](std::int64_t length) {
    const auto fits = side <= kLargestSide ? length : length * kLargestSide / side;
    return std::max<std::int64_t>(8, fits / 4 * 4);
  };
  return {scaled(height), scaled(width)};
}

}  // namespace

Experiment imageExperiment(const std::filesystem::path& folder, std::vector<std::string>& notes,
                           const nlohmann::json& keys) {
  if (!keys.is_object()) fail("data: expected an object, found {}", keys.dump());
  if (keys.contains("path"))
    fail("data.path: the folder is {}; leave the path out", folder.string());
  const auto path = std::filesystem::absolute(folder).lexically_normal();
  const auto found = data::surveyImageFolder(path);
  nlohmann::json data{{"id", "images"}, {"path", path.string()}};
  data.update(keys);
  notes.push_back(
      fmt::format("{} images; the folders name {} classes", found.images, found.classes));
  const bool fits = found.oneSize && std::max(found.height, found.width) <= kLargestSide;
  if (!fits && !data.contains("size")) {
    data["size"] = fitting(found.height, found.width);
    notes.push_back(fmt::format("images of {} pixels (height x width){} are scaled to {} x {}",
                                fmt::format("{} x {}", found.height, found.width),
                                found.oneSize ? "" : ", the largest ones, and others",
                                data["size"][0].get<std::int64_t>(),
                                data["size"][1].get<std::int64_t>()));
  }
  const auto [batch, epochs] = lengthToWatch(data, found.images);
  const auto name = path.has_filename() ? path.filename() : path.parent_path().filename();
  return experimentFromJson({{"name", name.string()},
                             {"data", data},
                             {"model", {{"id", "cnn"}}},
                             {"batch_size", batch},
                             {"epochs", epochs}},
                            path.parent_path());
}

}  // namespace eq::train
