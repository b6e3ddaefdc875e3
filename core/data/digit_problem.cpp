#include "core/data/digit_problem.h"

#include <algorithm>

#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/data/views.h"

namespace eq::data {

ParameterSpec digitFolder() {
  return ParameterSpec::text("folder", "",
                             "Folder with the four IDX files of MNIST or Fashion-MNIST, plain or "
                             ".gz; empty = the 8x8 digits that ship with the program");
}

DigitParts digitOriginals(const Parameters& parameters, const Setting& setting,
                          std::uint64_t seed) {
  const std::string folder = parameters.text("folder");
  if (folder.empty()) return shippedDigits(seed);
  return idxDigits(findPath(folder, setting.folder, "data.folder"), seed);
}

ParameterSpec trainingCount() {
  auto spec =
      ParameterSpec::integer("train", 0, "Training examples; null = all, 1,257 of those that ship")
          .from(1)
          .to(1e6)
          .orNull();
  spec.defaultValue = nullptr;
  return spec;
}

DigitImages firstOf(const DigitImages& images, const Parameters& parameters) {
  if (parameters.isNull("train")) return images;
  const auto count = parameters.integer("train");
  if (count > images.size())
    fail("data.train: asks for {} examples, but there are {}; ask for fewer, or null for all",
         count, images.size());
  const auto pixels = count * images.edge * images.edge;
  return {images.edge,
          images.white,
          {images.pixels.begin(), images.pixels.begin() + pixels},
          {images.labels.begin(), images.labels.begin() + count}};
}

Problem imageProblem(const DigitParts& parts, const Parameters& parameters) {
  Problem problem;
  problem.warnings = parts.warnings;
  problem.augmentation = augmentationOf(parameters, true);
  problem.inputShape = {1, parts.train.edge, parts.train.edge};
  problem.inputs = {{"pixel"}};
  return problem;
}

at::Tensor greyValues(const DigitImages& images) {
  auto values = at::empty({images.size(), 1, images.edge, images.edge}, at::kFloat);
  std::transform(images.pixels.begin(), images.pixels.end(), values.mutable_data_ptr<float>(),
                 [white = static_cast<float>(images.white)](std::uint8_t grey) {
                   return static_cast<float>(grey) / white;
                 });
  return values;
}

at::Tensor digitLabels(const DigitImages& images) {
  auto labels = at::empty({images.size()}, at::kLong);
  std::copy(images.labels.begin(), images.labels.end(), labels.mutable_data_ptr<std::int64_t>());
  return labels;
}

}  // namespace eq::data
