#include "core/data/long_tailed_digits.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/data/compared_tasks.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

using PerClass = std::vector<std::int64_t>;

PerClass perClassOf(const DigitImages& images) {
  PerClass counts(kDigitClasses);
  for (const auto label : images.labels) ++counts[label];
  return counts;
}

std::int64_t fewestOf(const DigitImages& images) {
  const auto counts = perClassOf(images);
  return *std::min_element(counts.begin(), counts.end());
}

/// The first so many of each class, in the images' order, which is random.
DigitImages firstOfClasses(const DigitImages& images, PerClass wanted) {
  DigitImages chosen{images.edge, images.white, {}, {}};
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const auto label = images.labels[static_cast<size_t>(i)];
    if (wanted[label]-- <= 0) continue;
    const auto* image = images.image(i);
    chosen.pixels.insert(chosen.pixels.end(), image, image + images.edge * images.edge);
    chosen.labels.push_back(label);
  }
  return chosen;
}

Split classesOf(const DigitImages& images) {
  return {greyValues(images), {digitLabels(images)}, {at::Tensor()}, {}};
}

/// As many of each class as its rarest has. \param part for the message.
Split balanced(const DigitImages& images, const char* part) {
  const auto fewest = fewestOf(images);
  if (fewest == 0)
    fail(
        "data.folder: the {} images lack one of the {} classes, so that no balanced split of them "
        "can be made",
        part, kDigitClasses);
  return classesOf(firstOfClasses(images, PerClass(kDigitClasses, fewest)));
}

class LongTailedDigits : public Dataset {
 public:
  LongTailedDigits(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting), names_(comparedNames(parameters, "tasks")) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    auto problem = imageProblem(parts, parameters_);
    problem.train = classesOf(firstOfClasses(parts.train, wantedOf(parts.train)));
    problem.validation = balanced(parts.validation, "validation");
    problem.test = balanced(parts.test, "test");
    shareTarget(problem, {"", TaskKind::classification, kDigitClasses, digitNames(), "", {}},
                names_);
    return problem;
  }

 private:
  PerClass wantedOf(const DigitImages& images) const {
    const auto largest =
        parameters_.isNull("largest") ? fewestOf(images) : parameters_.integer("largest");
    auto wanted = longTail(largest, parameters_.number("imbalance"), kDigitClasses);
    const auto there = perClassOf(images);
    for (size_t c = 0; c < wanted.size(); ++c)
      if (wanted[c] > there[c])
        fail(
            "data.largest: asks for {} training images of class {}, but there are {}; ask for "
            "fewer, or null",
            wanted[c], c, there[c]);
    return wanted;
  }

  Parameters parameters_;
  Setting setting_;
  std::vector<std::string> names_;
};

std::vector<ParameterSpec> longTailParameters() {
  auto largest = ParameterSpec::integer("largest", 0,
                                        "Training examples of class 0; null = as many as the "
                                        "rarest of the ten has")
                     .from(1)
                     .to(1e6)
                     .orNull();
  largest.defaultValue = nullptr;
  return {ParameterSpec::number("imbalance", 100,
                                "By how much class 0 has more training examples than class 9")
              .from(1)
              .to(1e6),
          largest, comparedTasks("digit"), digitFolder()};
}

}  // namespace

std::vector<std::int64_t> longTail(std::int64_t largest, double imbalance, std::int64_t classes) {
  PerClass counts;
  for (std::int64_t c = 0; c < classes; ++c) {
    const double share = static_cast<double>(c) / static_cast<double>(classes - 1);
    const double count = static_cast<double>(largest) * std::pow(imbalance, -share);
    // A power that is a whole number in exact arithmetic may come out just below it.
    counts.push_back(std::max<std::int64_t>(1, static_cast<std::int64_t>(count + 1e-9)));
  }
  return counts;
}

CatalogRow<Dataset, const Setting&> longTailedDigitsRow() {
  Descriptor descriptor;
  descriptor.id = "long_tailed_digits";
  descriptor.title = "Long-tailed digits";
  descriptor.summary =
      "Handwritten digits of which 0 is frequent and 9 rare while it trains; in validation and "
      "test all are as frequent. Every task has the same target.";
  descriptor.formula = "n_c = max(1, ⌊n_0 r^(−c/9)⌋), r the imbalance";
  descriptor.citation =
      "Y. Cui, M. Jia, T.-Y. Lin, Y. Song, S. Belongie, Class-Balanced Loss, CVPR 2019. Images: "
      "UCI Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters = withViews(longTailParameters(), {0.1, 0, 1}, true);
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<LongTailedDigits>(parameters, setting);
          }};
}

}  // namespace eq::data
