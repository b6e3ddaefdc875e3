#include "app/cli/steps_input.h"

#include "app/cli/calculation.h"
#include "core/base/error.h"

namespace eq::cli {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using nlohmann::json;

VectorXd readVector(const json& value, const std::string& path) {
  if (!value.is_array()) fail("{}: a list of numbers is needed, found {}", path, value.type_name());
  VectorXd numbers(std::ssize(value));
  for (size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_number())
      fail("{}[{}]: a number is needed, found {}", path, i, value[i].dump());
    numbers[static_cast<Index>(i)] = value[i].get<double>();
  }
  return numbers;
}

MatrixXd readMatrix(const json& value, const std::string& path) {
  if (!value.is_array() || value.empty())
    fail("{}: a list of one row a task is needed, found {}", path,
         value.is_array() ? "an empty list" : value.type_name());
  MatrixXd rows;
  for (size_t k = 0; k < value.size(); ++k) {
    const auto place = fmt::format("{}[{}]", path, k);
    const VectorXd row = readVector(value[k], place);
    if (k == 0) rows.resize(std::ssize(value), row.size());
    if (row.size() != rows.cols())
      fail("{}: {} numbers, the first row has {}", place, row.size(), rows.cols());
    rows.row(static_cast<Index>(k)) = row;
  }
  return rows;
}

/// What a step may hold; each method reads only its own.
const std::vector<std::string> kStepFields{"jacobian", "jacobian2",    "jacobian3",
                                           "losses",   "losses_after", "validation_losses",
                                           "kpi",      "epoch"};

StepInput readStep(const json& value, size_t index, Context& context) {
  const auto place = fmt::format("steps[{}]", index);
  if (!value.is_object()) fail("{}: an object is needed, found {}", place, value.type_name());
  tellUnknownKeys(value, kStepFields, place, context);
  StepInput step;
  step.epoch = static_cast<std::int64_t>(index);
  if (value.contains("jacobian")) {
    step.jacobian = readMatrix(value["jacobian"], place + ".jacobian");
    step.tasks = step.jacobian->rows();
    return step;
  }
  for (const char* field : {"losses", "validation_losses", "kpi"})
    if (!step.tasks && value.contains(field) && value[field].is_array() && !value[field].empty())
      step.tasks = std::ssize(value[field]);
  return step;
}

/// K and P, as far as the steps so far have told.
struct Shape {
  std::optional<Index> tasks, width;
};

void checkSame(Index found, std::optional<Index>& known, const std::string& place,
               const char* noun) {
  if (known && found != *known)
    fail("{}: {} {}, the steps before have {}", place, found, noun, *known);
  known = found;
}

void checkSame(const StepInput& step, Shape& shape, size_t index) {
  const auto place = fmt::format("steps[{}]", index);
  if (step.jacobian) {
    checkSame(*step.tasks, shape.tasks, place + ".jacobian", "rows");
    checkSame(step.jacobian->cols(), shape.width, place + ".jacobian", "columns");
  } else if (step.tasks) {
    checkSame(*step.tasks, shape.tasks, place + ".losses", "numbers");
  }
}

}  // namespace

std::vector<StepInput> readSteps(const json& input, Context& context) {
  if (!input.is_object() || !input.contains("steps") || !input["steps"].is_array())
    fail("input: an object with the list \"steps\" is needed, found {}",
         input.is_object() ? "an object without it" : input.type_name());
  tellUnknownKeys(input, {"steps"}, "input", context);
  std::vector<StepInput> steps;
  Shape shape;
  for (size_t i = 0; i < input["steps"].size(); ++i) {
    steps.push_back(readStep(input["steps"][i], i, context));
    checkSame(steps.back(), shape, i);
  }
  return steps;
}

std::int64_t taskCount(const std::vector<StepInput>& steps) {
  if (steps.empty()) fail("steps: at least one step is needed, found an empty list");
  for (const auto& step : steps)
    if (step.tasks) return *step.tasks;
  fail("steps: a \"jacobian\" or \"losses\" is needed, to say how many tasks there are");
}

namespace {

/// One number a task.
void readTaskNumbers(const json& input, const char* field, std::optional<VectorXd> StepInput::*into,
                     std::vector<StepInput>& steps) {
  for (size_t t = 0; t < steps.size(); ++t) {
    const auto& step = input["steps"][t];
    if (!step.contains(field)) continue;
    const auto place = fmt::format("steps[{}].{}", t, field);
    const VectorXd numbers = readVector(step[field], place);
    if (steps[t].jacobian && numbers.size() != *steps[t].tasks)
      fail("{}: {} numbers for {} rows of the jacobian", place, numbers.size(), *steps[t].tasks);
    if (numbers.size() != taskCount(steps))
      fail("{}: {} numbers, there are {} tasks", place, numbers.size(), taskCount(steps));
    steps[t].*into = numbers;
  }
}

/// A Jacobian beside the first one; without it the first stands for it.
void readFurtherJacobian(const json& input, const char* field,
                         std::optional<MatrixXd> StepInput::*into, std::vector<StepInput>& steps) {
  for (size_t t = 0; t < steps.size(); ++t) {
    const auto& step = input["steps"][t];
    steps[t].*into = steps[t].jacobian;
    if (!steps[t].jacobian || !step.contains(field)) continue;
    const auto place = fmt::format("steps[{}].{}", t, field);
    const MatrixXd rows = readMatrix(step[field], place);
    const auto& first = *steps[t].jacobian;
    if (rows.rows() != first.rows() || rows.cols() != first.cols())
      fail("{}: {} rows of {} numbers, the jacobian has {} of {}", place, rows.rows(), rows.cols(),
           first.rows(), first.cols());
    steps[t].*into = rows;
  }
}

}  // namespace

void readLosses(const json& input, std::vector<StepInput>& steps) {
  readTaskNumbers(input, "losses", &StepInput::losses, steps);
}

void readLossesAfter(const json& input, std::vector<StepInput>& steps) {
  readTaskNumbers(input, "losses_after", &StepInput::lossesAfter, steps);
}

void readValidationLosses(const json& input, std::vector<StepInput>& steps) {
  readTaskNumbers(input, "validation_losses", &StepInput::validationLosses, steps);
}

void readKpi(const json& input, std::vector<StepInput>& steps) {
  readTaskNumbers(input, "kpi", &StepInput::kpi, steps);
  for (size_t t = 0; t < steps.size(); ++t)
    for (Index k = 0; steps[t].kpi && k < steps[t].kpi->size(); ++k)
      if (const double value = (*steps[t].kpi)[k]; value < 0 || value > 1)
        fail("steps[{}].kpi[{}]: a number from 0 to 1 is needed, found {:g}", t, k, value);
}

void readFurtherJacobians(const json& input, std::vector<StepInput>& steps) {
  readFurtherJacobian(input, "jacobian2", &StepInput::jacobian2, steps);
  readFurtherJacobian(input, "jacobian3", &StepInput::jacobian3, steps);
}

void readEpochs(const json& input, std::vector<StepInput>& steps) {
  for (size_t t = 0; t < steps.size(); ++t) {
    const auto& step = input["steps"][t];
    if (!step.contains("epoch")) continue;
    if (!step["epoch"].is_number_integer() || step["epoch"] < 0)
      fail("steps[{}].epoch: an integer >= 0 is needed, found {}", t, step["epoch"].dump());
    steps[t].epoch = step["epoch"].get<std::int64_t>();
  }
}

json toJson(const VectorXd& values) {
  return std::vector<double>(values.begin(), values.end());
}

json toJson(const MatrixXd& values) {
  auto rows = json::array();
  for (Index i = 0; i < values.rows(); ++i) rows.push_back(toJson(VectorXd(values.row(i))));
  return rows;
}

}  // namespace eq::cli
