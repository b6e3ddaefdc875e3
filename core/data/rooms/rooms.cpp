#include "core/data/rooms.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "core/base/random.h"
#include "core/data/memory.h"
#include "core/data/problem.h"
#include "core/data/rooms/furnished_room.h"
#include "core/data/rooms/room_scene.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

constexpr double kMiddle = 0.5, kSpread = 0.25;  // of the light that inputs are scaled by

struct ImageSize {
  std::int64_t height = 72, width = 96;
  std::int64_t pixels() const { return height * width; }
};

/// Where one example's numbers go.
struct RoomRow {
  float* light;
  std::int64_t* classes;
  float* depths;
  float* normals;
};

void renderRoom(const RoomScene& scene, const ImageSize& size, double noise, RandomStream& random,
                const RoomRow& row) {
  const RoomEye eye(scene, size.height, size.width);
  const auto pixels = size.pixels();
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    const auto point = eye.at(pixel / size.width, pixel % size.width);
    row.classes[pixel] = static_cast<std::int64_t>(point.shown);
    row.depths[pixel] = static_cast<float>(point.depth);
    const double normal[] = {point.normal.x, point.normal.y, point.normal.z};
    const double colour[] = {point.colour.x, point.colour.y, point.colour.z};
    for (std::int64_t k = 0; k < 3; ++k) {
      row.normals[k * pixels + pixel] = static_cast<float>(normal[k]);
      const double light = std::clamp(colour[k] + noise * random.normal(), 0.0, 1.0);
      row.light[k * pixels + pixel] = static_cast<float>((light - kMiddle) / kSpread);
    }
  }
}

class Rooms : public Dataset {
 public:
  explicit Rooms(const Parameters& parameters)
      : parameters_(parameters),
        size_{parameters.integer("height"), parameters.integer("width")},
        objects_(parameters.integer("objects")),
        noise_(parameters.number("noise")) {}

  Problem load(std::uint64_t seed) const override {
    requireRoom();
    Problem problem;
    problem.inputShape = {3, size_.height, size_.width};
    problem.inputs = {{"pixel", kMiddle, kSpread}};
    problem.augmentation = augmentationOf(parameters_, true);
    const std::vector<std::int64_t> shape{size_.height, size_.width};
    const auto names = roomClassNames();
    problem.tasks = {{"segmentation", TaskKind::segmentation, std::ssize(names), names, "", shape},
                     {"depth", TaskKind::regression, size_.pixels(), {}, "m", shape},
                     {"normals", TaskKind::regression, 3 * size_.pixels(), {}, "", shape}};
    problem.train = rendered("train", seed);
    problem.validation = rendered("validation", seed);
    problem.test = rendered("test", seed);
    return problem;
  }

 private:
  void requireRoom() const {
    constexpr double kBytes = 4 * (3 + 1 + 3) + 8;  // a pixel
    double images = 0;
    for (const char* part : {"train", "validation", "test"})
      images += static_cast<double>(parameters_.integer(part));
    requireMemory(images * kBytes * static_cast<double>(size_.pixels()), "data.train",
                  "ask for fewer or smaller images");
  }

  /// Each room from a stream of its own, so that neither their number nor that of threads matters.
  Split rendered(const std::string& part, std::uint64_t seed) const {
    const auto count = parameters_.integer(part), pixels = size_.pixels();
    Split split;
    split.inputs = at::empty({count, 3, size_.height, size_.width}, at::kFloat);
    split.targets = {at::empty({count, pixels}, at::kLong), at::empty({count, pixels}, at::kFloat),
                     at::empty({count, 3 * pixels}, at::kFloat)};
    split.masks.resize(split.targets.size());
    split.fields.resize(split.targets.size());
    const RoomRow first{
        split.inputs.mutable_data_ptr<float>(), split.targets[0].mutable_data_ptr<std::int64_t>(),
        split.targets[1].mutable_data_ptr<float>(), split.targets[2].mutable_data_ptr<float>()};
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = begin; i < end; ++i) {
        RandomStream random(deriveSeed(seed, part + " rooms", static_cast<std::uint64_t>(i)));
        const auto scene = furnishedRoom(random, objects_);
        renderRoom(scene, size_, noise_, random,
                   {first.light + 3 * i * pixels, first.classes + i * pixels,
                    first.depths + i * pixels, first.normals + 3 * i * pixels});
      }
    });
    return split;
  }

  Parameters parameters_;
  ImageSize size_;
  std::int64_t objects_;
  double noise_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> roomsRow() {
  Descriptor descriptor;
  descriptor.id = "rooms";
  descriptor.title = "Rooms";
  descriptor.summary =
      "Rendered rooms with boxes, balls, columns and pictures under one lamp: what does each pixel "
      "show, how far is it, and which way does it face? All three are exact. An image of 72 x 96 "
      "takes 250 kB with its targets.";
  descriptor.formula =
      "pixel = colour · (0.35 + 0.65 lit ⟨n, l⟩ / (1 + (d / 4 m)²)) + noise, held to [0, 1]; x = "
      "(pixel − 0.5) / 0.25; depth along the camera's axis; normals (right, up, towards the "
      "camera)";
  descriptor.citation =
      "The tasks of NYUv2: Silberman et al., Indoor Segmentation and Support Inference from RGBD "
      "Images, ECCV 2012; Eigen and Fergus, ICCV 2015";
  descriptor.parameters = {
      ParameterSpec::integer("train", 800, "Training examples").from(1).to(1e6),
      ParameterSpec::integer("validation", 100, "Validation examples").from(1).to(1e6),
      ParameterSpec::integer("test", 100, "Test examples").from(1).to(1e6),
      ParameterSpec::integer("height", 72, "Height of the images").from(8).to(1024).in("pixels"),
      ParameterSpec::integer("width", 96, "Width of the images").from(8).to(1024).in("pixels"),
      ParameterSpec::integer("objects", 6,
                             "Most boxes, balls and columns in a room; there may be fewer, where "
                             "they find no place")
          .from(1)
          .to(50),
      ParameterSpec::number("noise", 0.02,
                            "Standard deviation of each pixel's noise in each colour")
          .from(0)
          .to(1),
  };
  descriptor.parameters = withViews(std::move(descriptor.parameters), {0.1, 0, 2}, true);
  descriptor.taskKinds = {TaskKind::segmentation, TaskKind::regression};
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<Rooms>(parameters);
          }};
}

}  // namespace eq::data
