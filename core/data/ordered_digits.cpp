#include "core/data/ordered_digits.h"

#include "core/data/compared_tasks.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

Split rankedDigits(const DigitImages& images) {
  return {greyValues(images), {digitLabels(images)}, {at::Tensor()}, {}};
}

class OrderedDigits : public Dataset {
 public:
  OrderedDigits(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting), names_(comparedNames(parameters, "tasks")) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    auto problem = imageProblem(parts, parameters_);
    problem.train = rankedDigits(firstOf(parts.train, parameters_));
    problem.validation = rankedDigits(parts.validation);
    problem.test = rankedDigits(parts.test);
    shareTarget(problem, {"", TaskKind::ordinal, kDigitClasses, digitNames(), "", {}}, names_);
    return problem;
  }

 private:
  Parameters parameters_;
  Setting setting_;
  std::vector<std::string> names_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> orderedDigitsRow() {
  Descriptor descriptor;
  descriptor.id = "ordered_digits";
  descriptor.title = "Ordered digits";
  descriptor.summary =
      "A handwritten digit as a quantity: to take a 3 for a 4 is a smaller mistake than for a 9. "
      "Every task has the same target.";
  descriptor.formula = "rank = 0..9; compare Σ |predicted rank − rank| / N";
  descriptor.citation =
      "UCI Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters =
      withViews({comparedTasks("digit"), trainingCount(), digitFolder()}, {0.1, 0, 1}, true);
  descriptor.taskKinds = {TaskKind::ordinal};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<OrderedDigits>(parameters, setting);
          }};
}

}  // namespace eq::data
