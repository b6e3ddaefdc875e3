#include "core/data/digit_facts.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "core/data/digit_images.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

Split makeSplit(const DigitImages& images) {
  const std::int64_t n = images.size(), pixels = images.edge * images.edge;
  Split split;
  split.inputs = at::empty({n, 1, images.edge, images.edge}, at::kFloat);
  auto digit = at::empty({n}, at::kLong);
  auto parity = at::empty({n}, at::kFloat);
  auto ink = at::empty({n}, at::kFloat);
  float* values = split.inputs.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint8_t* image = images.image(i);
    int sum = 0;
    for (std::int64_t j = 0; j < pixels; ++j) {
      *values++ = static_cast<float>(image[j]) / static_cast<float>(images.white);
      sum += image[j];
    }
    const auto label = images.labels[static_cast<size_t>(i)];
    digit.mutable_data_ptr<std::int64_t>()[i] = label;
    parity.mutable_data_ptr<float>()[i] = static_cast<float>(label % 2);
    ink.mutable_data_ptr<float>()[i] = static_cast<float>(sum);
  }
  split.targets = {digit, parity, ink, split.inputs.reshape({n, pixels})};
  split.masks.resize(split.targets.size());
  return split;
}

class DigitFacts : public Dataset {
 public:
  explicit DigitFacts(const Parameters& parameters)
      : augmentation_(augmentationOf(parameters, true)) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = shippedDigits(seed);
    const std::int64_t edge = parts.train.edge;
    Problem problem;
    problem.augmentation = augmentation_;
    problem.inputShape = {1, edge, edge};
    problem.inputs = {{"pixel"}};
    problem.tasks = {
        {"digit", TaskKind::classification, kDigitClasses, digitNames(), "", {}},
        {"parity", TaskKind::binary, 1, {"even", "odd"}, "", {}},
        {"ink", TaskKind::regression, 1, {}, "grey levels", {}},
        {"image", TaskKind::regression, edge * edge, {}, "share of black", {edge, edge}},
    };
    problem.train = makeSplit(parts.train);
    problem.validation = makeSplit(parts.validation);
    problem.test = makeSplit(parts.test);
    return problem;
  }

 private:
  Augmentation augmentation_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> digitFactsRow() {
  Descriptor descriptor;
  descriptor.id = "digit_facts";
  descriptor.title = "Facts about a digit";
  descriptor.summary =
      "One 8x8 handwritten digit, four unlike tasks: its class, odd or even, the amount of ink, "
      "and "
      "the image itself.";
  descriptor.formula =
      "digit = 0..9, parity = digit mod 2, ink = Σ grey (0..16), image = grey / 16";
  descriptor.citation =
      "UCI Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::regression};
  descriptor.parameters = withViews({}, {0.1, 0, 1}, true);
  return {descriptor, [](const Parameters& parameters, const Setting&) {
            return std::make_unique<DigitFacts>(parameters);
          }};
}

}  // namespace eq::data
