#include "core/train/image_experiment.h"

#include <algorithm>
#include <cmath>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/image_folder.h"
#include "core/data/map_folder.h"
#include "core/train/table_experiment.h"

namespace eq::train {
namespace {

using nlohmann::json;

constexpr std::int64_t kLargestSide = 64;  // that two stages of convolution see enough of

// Of images with maps.
constexpr std::int64_t kLongestSide = 96;  // pixels; more takes minutes on two cores
constexpr std::int64_t kMapStep = 8;       // what three stages of pooling divide
constexpr std::int64_t kMapBatch = 8;
constexpr double kMapSteps = 600, kFewestMapEpochs = 2;

/// {height, width}, even and in the images' proportions.
std::vector<std::int64_t> fitting(std::int64_t height, std::int64_t width) {
  const auto side = std::max(height, width);
  const auto scaled = [&](std::int64_t length) {
    const auto fits = side <= kLargestSide ? length : length * kLargestSide / side;
    return std::max<std::int64_t>(8, fits / 4 * 4);
  };
  return {scaled(height), scaled(width)};
}

json mapTaskOf(const data::MapTask& task) {
  switch (task.kind) {
    case data::MapKind::depth:
      return {{"name", task.name},
              {"loss", {{"id", "berhu"}}},
              {"metrics", {"depth_abs_error", "depth_rmse", "depth_delta"}}};
    case data::MapKind::normal:
      return {{"name", task.name},
              {"loss", {{"id", "normal_cosine"}}},
              {"metrics", json::array({"normal_angle"})}};
    case data::MapKind::label:
    case data::MapKind::image:
      break;
  }
  return {{"name", task.name},
          {"loss", {{"id", "cross_entropy"}}},
          {"metrics", {"pixel_accuracy", "miou", "dice_score", "image_dice_score"}}};
}

/// {height, width} in the images' proportions.
json mapSizeFor(std::int64_t height, std::int64_t width) {
  const auto side = std::max(height, width);
  const auto scaled = [&](std::int64_t length) {
    return std::max(kMapStep, length * kLongestSide / side / kMapStep * kMapStep);
  };
  return {scaled(height), scaled(width)};
}

void noteMapTasks(const data::MapFolder& found, std::vector<std::string>& notes) {
  std::vector<std::string> names;
  for (const auto& task : found.tasks) names.push_back(task.name);
  notes.push_back(fmt::format("{} images to train on, {} to validate on, {} to test on; tasks {}",
                              found.parts[0].files.size(), found.parts[1].files.size(),
                              found.parts[2].files.size(), fmt::join(names, ", ")));
}

std::string folderName(const std::filesystem::path& folder) {
  return (folder.has_filename() ? folder.filename() : folder.parent_path().filename()).string();
}

/// \throws Error where the keys name another folder.
void requireNoPathIn(const json& keys, const std::filesystem::path& folder) {
  if (!keys.is_object()) fail("data: expected an object, found {}", keys.dump());
  if (keys.contains("path"))
    fail("data.path: the folder is {}; leave the path out", folder.string());
}

}  // namespace

Experiment imageExperiment(const std::filesystem::path& folder, std::vector<std::string>& notes,
                           const nlohmann::json& keys) {
  requireNoPathIn(keys, folder);
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
  return experimentFromJson({{"name", folderName(path)},
                             {"data", data},
                             {"model", {{"id", "cnn"}}},
                             {"batch_size", batch},
                             {"epochs", epochs}},
                            path.parent_path());
}

Experiment mapExperiment(const std::filesystem::path& folder, std::vector<std::string>& notes,
                         const json& keys) {
  requireNoPathIn(keys, folder);
  const auto path = std::filesystem::absolute(folder).lexically_normal();
  const auto found = data::findMapFolder(path);
  json data{{"id", "maps"}, {"path", path.string()}};
  data.update(keys);
  noteMapTasks(found, notes);
  const auto [height, width] =
      data::mapSize(found.firstImage(), data.value("layout", std::string("auto")));
  if (std::max(height, width) > kLongestSide && !data.contains("size")) {
    data["size"] = mapSizeFor(height, width);
    notes.push_back(fmt::format("images of {} x {} pixels (height x width) are scaled to {} x {}",
                                height, width, data["size"][0].get<std::int64_t>(),
                                data["size"][1].get<std::int64_t>()));
  }
  auto tasks = json::array();
  for (const auto& task : found.tasks) tasks.push_back(mapTaskOf(task));
  const auto stepsAnEpoch = std::ceil(static_cast<double>(found.parts[0].files.size()) / kMapBatch);
  return experimentFromJson(
      {{"name", folderName(path)},
       {"data", data},
       {"model", {{"id", "dense_cnn"}}},
       {"tasks", tasks},
       {"batch_size", kMapBatch},
       {"epochs", std::max(std::ceil(kMapSteps / stepsAnEpoch), kFewestMapEpochs)}},
      path.parent_path());
}

}  // namespace eq::train
