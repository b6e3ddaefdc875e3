#include "core/data/digits.h"

#include <utility>

#include "core/data/compared_tasks.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

Split comparedDigits(const DigitImages& images) {
  return {greyValues(images), {digitLabels(images)}, {at::Tensor()}, {}};
}

/// One target for all tasks: the digit, as a class or as a rank.
class ComparedDigits : public Dataset {
 public:
  ComparedDigits(const Parameters& parameters, const Setting& setting, TaskKind kind)
      : parameters_(parameters),
        setting_(setting),
        kind_(kind),
        names_(comparedNames(parameters, "tasks")) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    auto problem = imageProblem(parts, parameters_);
    problem.train = comparedDigits(firstOf(parts.train, parameters_));
    problem.validation = comparedDigits(parts.validation);
    problem.test = comparedDigits(parts.test);
    shareTarget(problem, {"", kind_, kDigitClasses, digitNames(), "", {}}, names_);
    return problem;
  }

 private:
  Parameters parameters_;
  Setting setting_;
  TaskKind kind_;
  std::vector<std::string> names_;
};

CatalogRow<Dataset, const Setting&> rowOf(Descriptor descriptor, TaskKind kind) {
  descriptor.citation =
      "UCI Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters =
      withViews({comparedTasks("digit"), trainingCount(), digitFolder()}, {0.1, 0, 1}, true);
  descriptor.taskKinds = {kind};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [kind](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<ComparedDigits>(parameters, setting, kind);
          }};
}

}  // namespace

CatalogRow<Dataset, const Setting&> digitsRow() {
  Descriptor descriptor;
  descriptor.id = "digits";
  descriptor.title = "Digits";
  descriptor.summary =
      "Which handwritten digit is it? Every task has the same target, so that ways to train, "
      "against attacks or by teachers, are compared on the same batches.";
  descriptor.formula = "grey values in [0, 1]; class 0..9";
  return rowOf(std::move(descriptor), TaskKind::classification);
}

CatalogRow<Dataset, const Setting&> orderedDigitsRow() {
  Descriptor descriptor;
  descriptor.id = "ordered_digits";
  descriptor.title = "Ordered digits";
  descriptor.summary =
      "A handwritten digit as a quantity: to take a 3 for a 4 is a smaller mistake than for a 9. "
      "Every task has the same target.";
  descriptor.formula = "rank = 0..9; compare Σ |predicted rank − rank| / N";
  return rowOf(std::move(descriptor), TaskKind::ordinal);
}

}  // namespace eq::data
