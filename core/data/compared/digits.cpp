#include "core/data/digits.h"

#include "core/data/compared_tasks.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

Split namedDigits(const DigitImages& images) {
  return {greyValues(images), {digitLabels(images)}, {at::Tensor()}, {}};
}

class Digits : public Dataset {
 public:
  Digits(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting), names_(comparedNames(parameters, "tasks")) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    auto problem = imageProblem(parts, parameters_);
    problem.train = namedDigits(firstOf(parts.train, parameters_));
    problem.validation = namedDigits(parts.validation);
    problem.test = namedDigits(parts.test);
    shareTarget(problem, {"", TaskKind::classification, kDigitClasses, digitNames(), "", {}},
                names_);
    return problem;
  }

 private:
  Parameters parameters_;
  Setting setting_;
  std::vector<std::string> names_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> digitsRow() {
  Descriptor descriptor;
  descriptor.id = "digits";
  descriptor.title = "Digits";
  descriptor.summary =
      "Which handwritten digit is it? Every task has the same target, so that ways to train, "
      "against attacks or by teachers, are compared on the same batches.";
  descriptor.formula = "grey values in [0, 1]; class 0..9";
  descriptor.citation =
      "UCI Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters =
      withViews({comparedTasks("digit"), trainingCount(), digitFolder()}, {0.1, 0, 1}, true);
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Digits>(parameters, setting);
          }};
}

}  // namespace eq::data
