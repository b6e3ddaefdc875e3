#include "core/data/digit_facts.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "core/data/digit_images.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

Split makeSplit(const DigitImages& images) {
  Split split;
  split.inputs = greyValues(images);
  const auto digit = digitLabels(images);
  const auto ink = (split.inputs * images.white).sum({1, 2, 3});
  split.targets = {digit, digit.remainder(2).to(at::kFloat), ink, split.inputs.flatten(1)};
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
