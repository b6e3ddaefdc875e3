#include "core/data/maps.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/_upsample_nearest_exact2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/data/arrays/map_file.h"
#include "core/data/arrays/map_targets.h"
#include "core/data/memory.h"
#include "core/data/problem.h"
#include "core/data/table_inputs.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

namespace fs = std::filesystem;

/// [1, channels, height, width] that shares the numbers' memory.
at::Tensor tensorOf(MapNumbers& numbers) {
  return at::from_blob(numbers.values.data(),
                       {1, numbers.axes.channels, numbers.axes.height, numbers.axes.width},
                       at::TensorOptions().dtype(at::kFloat));
}

class MapReader {
 public:
  MapReader(MapFolder folder, const MapWishes& wishes)
      : folder_(std::move(folder)), wishes_(wishes) {}

  Problem read(bool standard) {
    problem_.warnings = folder_.warnings;
    learnSize();
    for (const auto& task : folder_.tasks) encoders_.emplace_back(task, size_, wishes_);
    requireRoom();
    problem_.train = part(0);
    problem_.validation = part(1);
    problem_.test = part(2);
    if (folder_.parts[2].folder.empty())
      problem_.warnings.push_back(
          {folder_.parts[0].folder.parent_path().string(), "there is no part test to measure on"});
    for (auto& encoder : encoders_) problem_.tasks.push_back(encoder.info(problem_.warnings));
    problem_.inputShape = {channels_, size_[0], size_[1]};
    problem_.inputs = {{"pixel"}};
    if (standard) standardise();
    return std::move(problem_);
  }

 private:
  void learnSize() {
    const auto file = openMapFile(folder_.firstImage());
    const auto axes = mapAxes(file.array, MapKind::image, wishes_.layout);
    channels_ = axes.channels;
    whole_ = {axes.height, axes.width};
    size_ = wishes_.size.empty() ? whole_ : std::array{wishes_.size[0], wishes_.size[1]};
  }

  void requireRoom() const {
    double images = 0;
    std::int64_t bytes = 4 * channels_;  // a pixel
    for (const auto& part : folder_.parts) images += static_cast<double>(part.files.size());
    for (const auto& encoder : encoders_) bytes += encoder.bytes();
    requireMemory(images * static_cast<double>(bytes * size_[0] * size_[1]),
                  folder_.parts[0].folder.parent_path().string(),
                  "name a smaller size in data.size");
  }

  Split part(size_t index) {
    const auto& part = folder_.parts[index];
    const auto count = std::ssize(part.files);
    Split split;
    split.inputs = at::empty({count, channels_, size_[0], size_[1]}, at::kFloat);
    for (auto& encoder : encoders_) encoder.begin(count, index == 0);
    std::string hashes;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto& name = part.files[static_cast<size_t>(i)];
      auto image = readMap(part.folder / folder_.image / name, MapKind::image, hashes);
      if (image.axes.channels != channels_)
        fail("{}: has {} channels, {} has {}", (part.folder / folder_.image / name).string(),
             image.axes.channels, folder_.firstImage().string(), channels_);
      split.inputs[i].copy_(scaled(image, false)[0]);
      for (auto& encoder : encoders_) {
        const auto file = part.folder / encoder.name() / name;
        const auto opened = openMapFile(file);
        hashes += opened.hash;
        auto map = data::readMap(opened.array, encoder.kind(), wishes_.layout);
        requireSize(map, image, file, name);
        encoder.check(map, opened.array);
        encoder.add(i, scaled(map, true));
      }
    }
    split.source = sha256(hashes);
    split.fields.resize(encoders_.size());
    for (auto& encoder : encoders_) encoder.end(split);
    return split;
  }

  MapNumbers readMap(const fs::path& file, MapKind kind, std::string& hashes) const {
    const auto opened = openMapFile(file);
    hashes += opened.hash;
    auto found = data::readMap(opened.array, kind, wishes_.layout);
    if (wishes_.size.empty() && (found.axes.height != whole_[0] || found.axes.width != whole_[1]))
      fail(
          "{}: {} x {} pixels (height x width), {} has {} x {}; say to which size all are scaled "
          "(data.size)",
          file.string(), found.axes.height, found.axes.width, folder_.firstImage().string(),
          whole_[0], whole_[1]);
    return found;
  }

  void requireSize(const MapNumbers& map, const MapNumbers& image, const fs::path& file,
                   const std::string& name) const {
    if (map.axes.height != image.axes.height || map.axes.width != image.axes.width)
      fail("{}: {} x {} pixels (height x width), {}/{} has {} x {}", file.string(), map.axes.height,
           map.axes.width, folder_.image.string(), name, image.axes.height, image.axes.width);
  }

  /// Images are smoothed where they shrink; of a map each pixel takes the one nearest to its
  /// middle.
  at::Tensor scaled(MapNumbers& numbers, bool isMap) const {
    const auto maps = tensorOf(numbers);
    const auto& axes = numbers.axes;
    if (axes.height == size_[0] && axes.width == size_[1]) return maps;
    const at::IntArrayRef size(size_);
    if (isMap) return at::_upsample_nearest_exact2d(maps, size, std::nullopt, std::nullopt);
    return at::_upsample_bilinear2d_aa(maps, size, false, std::nullopt, std::nullopt);
  }

  /// Mean 0 and deviation 1 over the training part, all pixels together.
  void standardise() {
    const auto count = problem_.train.inputs.numel();
    const double mean = problem_.train.inputs.mean(at::kDouble).item<double>();
    const auto off = problem_.train.inputs - mean;
    const auto found = momentsOf(count, mean, off.square().sum(at::kDouble).item<double>());
    problem_.inputs = {{"pixel", found.mean, found.deviation}};
    for (auto* split : {&problem_.train, &problem_.validation, &problem_.test})
      split->inputs.sub_(found.mean).div_(found.deviation);
  }

  MapFolder folder_;
  const MapWishes& wishes_;
  std::int64_t channels_ = 0;
  std::array<std::int64_t, 2> whole_{}, size_{};  ///< {height, width} of the first, and of all
  std::vector<MapEncoder> encoders_;
  Problem problem_;
};

class Maps : public Dataset {
 public:
  Maps(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting) {
    wishes_.layout = parameters.text("layout");
    if (!parameters.isNull("size")) wishes_.size = parameters.integers("size");
    if (!wishes_.size.empty() && wishes_.size.size() != 2)
      fail("data.size: expected [height, width], found {} numbers", wishes_.size.size());
    wishes_.ignored = parameters.numbers("ignored");
    if (!parameters.isNull("depth_missing"))
      wishes_.depthMissing = parameters.number("depth_missing");
  }

  Problem load(std::uint64_t) const override {
    const auto folder = findPath(parameters_.text("path"), setting_.folder, "data.path");
    auto problem =
        MapReader(findMapFolder(folder), wishes_).read(parameters_.text("scaling") == "standard");
    problem.augmentation = augmentationOf(parameters_, true);
    return problem;
  }

 private:
  Parameters parameters_;
  Setting setting_;
  MapWishes wishes_;
};

ParameterSpec numberOrNull(const char* name, double value, const char* doc) {
  auto spec = ParameterSpec::number(name, value, doc);
  return spec.orNull();
}

}  // namespace

CatalogRow<Dataset, const Setting&> mapsRow() {
  Descriptor descriptor;
  descriptor.id = "maps";
  descriptor.title = "Images with maps";
  descriptor.summary =
      "A folder with train and val (and test), in each a folder image and any of label, depth and "
      "normal with a .npy file an image, as NYUv2 and Cityscapes are passed around; each folder is "
      "a task.";
  descriptor.formula = "x = (value - training mean) / training deviation";
  descriptor.citation =
      "The layout of Liu et al., MTAN, CVPR 2019, and Lin and Zhang, LibMTL, JMLR 2023; format: "
      "numpy.lib.format, versions 1.0 to 3.0";
  auto size = ParameterSpec::integerList(
                  "size", nullptr,
                  "{height, width} to which all are scaled: images smoothed, of maps the nearest "
                  "pixel; null = as they are")
                  .from(1)
                  .to(4096)
                  .in("pixels")
                  .orNull();
  size.defaultValue = nullptr;
  ParameterSpec ignored = ParameterSpec::numberList(
      "ignored", {-1, 255},
      "Numbers of labels that do not count; all others are classes from 0 on");
  descriptor.parameters = {
      ParameterSpec::file("path",
                          "Folder with folders train and val; a relative path starts at the "
                          "experiment's folder, then at the samples'")
          .needed(),
      size,
      ParameterSpec::choice("layout", "auto", {"auto", "channels_first", "channels_last"},
                            "Where the axis of channels is; auto = where its length says so"),
      ignored,
      numberOrNull("depth_missing", 0,
                   "Depth that stands for an unknown one, as NaN does; null = none does"),
      ParameterSpec::choice("scaling", "standard", {"standard", "none"},
                            "Images with mean 0 and standard deviation 1 over the training part, "
                            "all together; or as they are"),
  };
  descriptor.parameters = withViews(std::move(descriptor.parameters), {0.3, 0.1, 0}, true);
  descriptor.taskKinds = {TaskKind::segmentation, TaskKind::regression};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Maps>(parameters, setting);
          }};
}

}  // namespace eq::data
