#include "core/data/noisy_labels.h"

#include <cmath>

#include <ATen/core/Tensor.h>
#include <ATen/ops/tensor.h>

#include "core/base/random.h"
#include "core/data/compared_tasks.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

class NoisyLabels : public Dataset {
 public:
  NoisyLabels(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting), names_(comparedNames(parameters, "tasks")) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    const double rate = parameters_.number("rate");
    const bool noisy = parameters_.text("validation") == "noisy";
    auto problem = imageProblem(parts, parameters_);
    problem.train =
        withFlips(firstOf(parts.train, parameters_), rate, deriveSeed(seed, "training labels"));
    problem.validation =
        withFlips(parts.validation, noisy ? rate : 0, deriveSeed(seed, "validation labels"));
    problem.test = withFlips(parts.test, 0, 0);
    shareTarget(problem, {"", TaskKind::classification, kDigitClasses, digitNames(), "", {}},
                names_);
    return problem;
  }

 private:
  Split withFlips(const DigitImages& images, double rate, std::uint64_t seed) const {
    const bool pair = parameters_.text("noise") == "pair";
    const auto labels = flipped({images.labels.begin(), images.labels.end()}, kDigitClasses,
                                pair ? LabelNoise::pair : LabelNoise::symmetric, rate, seed);
    Split split{greyValues(images), {at::tensor(labels, at::kLong)}, {at::Tensor()}, {}};
    split.fields.resize(1);
    split.fields[0][kCleanLabel] = digitLabels(images);
    return split;
  }

  Parameters parameters_;
  Setting setting_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::int64_t> flipped(std::vector<std::int64_t> labels, std::int64_t classes,
                                  LabelNoise noise, double rate, std::uint64_t seed) {
  RandomStream random(seed);
  auto chosen = random.permutation(std::ssize(labels));
  chosen.resize(static_cast<size_t>(std::floor(rate * static_cast<double>(labels.size()) + 0.5)));
  for (const auto i : chosen) {
    const auto others = static_cast<std::uint64_t>(classes - 1);
    const auto by =
        noise == LabelNoise::pair ? 1 : 1 + static_cast<std::int64_t>(random.below(others));
    auto& label = labels[static_cast<size_t>(i)];
    label = (label + by) % classes;
  }
  return labels;
}

CatalogRow<Dataset, const Setting&> noisyLabelsRow() {
  Descriptor descriptor;
  descriptor.id = "noisy_labels";
  descriptor.title = "Noisy labels";
  descriptor.summary =
      "Handwritten digits, a share of whose training labels is wrong; the test labels are right. "
      "Every task has the same target.";
  descriptor.formula =
      "⌊r N + ½⌋ labels are flipped: symmetric to any of the 9 others, pair to (c + 1) mod 10";
  descriptor.citation =
      "B. Han et al., Co-teaching, NeurIPS 2018. Images: UCI Optical Recognition of Handwritten "
      "Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters = withViews(
      {ParameterSpec::choice("noise", "symmetric", {"symmetric", "pair"},
                             "A wrong label is any of the other classes, or always the next one"),
       ParameterSpec::number("rate", 0.4, "Share r of the training labels that is wrong")
           .from(0)
           .to(1),
       ParameterSpec::choice(
           "validation", "clean", {"clean", "noisy"},
           "Labels of the validation examples: right, so that its curves show what was learnt; or "
           "flipped at the same rate, as in practice, where nobody knows which are right (Zhang "
           "and Sabuncu, 2018). Those of the test are right in both"),
       comparedTasks("digit"), trainingCount(), digitFolder()},
      {0.1, 0, 1}, true);
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<NoisyLabels>(parameters, setting);
          }};
}

}  // namespace eq::data
