#include "core/loss/custom/expression_loss.h"

#include <cmath>
#include <map>
#include <utility>

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/log_sigmoid.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/where.h>

#include "core/base/error.h"
#include "core/loss/custom/expression_parser.h"
#include "core/loss/element_loss.h"
#include "core/loss/first_found.h"
#include "core/loss/row.h"

namespace eq::loss {
namespace {

using Arguments = std::vector<at::Tensor>;
using Operation = at::Tensor (*)(const Arguments&);

at::Tensor huber(const at::Tensor& x, const at::Tensor& delta) {
  const auto size = x.abs();
  const auto inside = at::minimum(size, delta);
  return inside * (size - inside / 2);
}

/// 1 where a condition holds, else 0.
at::Tensor number(const at::Tensor& condition, const Arguments& like) {
  return condition.to(like[0].scalar_type());
}

/// The operators and functions of the language but the power, whose exponent may be a plain number.
const std::map<std::string, Operation>& operations() {
  static const std::map<std::string, Operation> all{
      {"+", [](const Arguments& x) { return x[0] + x[1]; }},
      {"-", [](const Arguments& x) { return x.size() == 1 ? -x[0] : x[0] - x[1]; }},
      {"*", [](const Arguments& x) { return x[0] * x[1]; }},
      {"/", [](const Arguments& x) { return x[0] / x[1]; }},
      {"<", [](const Arguments& x) { return number(x[0] < x[1], x); }},
      {"<=", [](const Arguments& x) { return number(x[0] <= x[1], x); }},
      {">", [](const Arguments& x) { return number(x[0] > x[1], x); }},
      {">=", [](const Arguments& x) { return number(x[0] >= x[1], x); }},
      {"==", [](const Arguments& x) { return number(x[0] == x[1], x); }},
      {"!=", [](const Arguments& x) { return number(x[0] != x[1], x); }},
      {"abs", [](const Arguments& x) { return x[0].abs(); }},
      {"sign", [](const Arguments& x) { return x[0].sign(); }},
      {"square", [](const Arguments& x) { return x[0].square(); }},
      {"sqrt", [](const Arguments& x) { return x[0].sqrt(); }},
      {"exp", [](const Arguments& x) { return x[0].exp(); }},
      {"log", [](const Arguments& x) { return x[0].log(); }},
      {"log1p", [](const Arguments& x) { return x[0].log1p(); }},
      {"sigmoid", [](const Arguments& x) { return x[0].sigmoid(); }},
      {"tanh", [](const Arguments& x) { return x[0].tanh(); }},
      // Exact on both sides, which at::softplus is not beyond 20.
      {"softplus", [](const Arguments& x) { return -at::log_sigmoid(-x[0]); }},
      {"relu", [](const Arguments& x) { return x[0].relu(); }},
      {"log_cosh", [](const Arguments& x) { return logCosh(x[0]); }},
      {"huber", [](const Arguments& x) { return huber(x[0], x[1]); }},
      {"smooth_l1", [](const Arguments& x) { return huber(x[0], x[1]) / x[1]; }},
      {"min", [](const Arguments& x) { return at::minimum(x[0], x[1]); }},
      {"max", [](const Arguments& x) { return at::maximum(x[0], x[1]); }},
      {"clamp", [](const Arguments& x) { return at::clamp(x[0], x[1], x[2]); }},
      {"where", [](const Arguments& x) { return at::where(x[0] != 0, x[1], x[2]); }}};
  return all;
}

std::map<std::string, double> constantsOf(const nlohmann::json& given) {
  if (!given.is_object())
    fail("expression.constants: expected an object of numbers by name, found {}", given.dump());
  std::map<std::string, double> constants;
  for (const auto& [name, value] : given.items()) {
    if (!isConstantName(name))
      fail(
          "expression.constants: expected a name of letters, digits and _ that the language does "
          "not have, found \"{}\"",
          name);
    eq::check(ParameterSpec::number(name, 0, ""), value, "expression.constants." + name);
    constants[name] = value.get<double>();
  }
  return constants;
}

class ExpressionLoss : public ElementLoss {
 public:
  explicit ExpressionLoss(const Parameters& parameters)
      : ElementLoss("expression", parameters),
        expression_(parseExpression(parameters.text("text"),
                                    constantsOf(parameters.at("constants")), "expression.text")) {
    for (const auto& step : expression_.steps) {
      const auto found = operations().find(step.operation);
      operations_.push_back(found == operations().end() ? nullptr : found->second);
    }
  }

 private:
  at::Tensor elements(const at::Tensor& prediction, const at::Tensor& target) const override {
    std::vector<at::Tensor> values;
    values.reserve(expression_.steps.size());
    for (size_t i = 0; i < expression_.steps.size(); ++i)
      values.push_back(valueOf(i, values, prediction, target));
    return values.back();
  }

  at::Tensor valueOf(size_t i, const std::vector<at::Tensor>& values, const at::Tensor& prediction,
                     const at::Tensor& target) const {
    const auto& step = expression_.steps[i];
    if (step.operation == "p") return prediction;
    if (step.operation == "t") return target;
    if (step.operation == "number")
      return at::scalar_tensor(step.number, prediction.options().requires_grad(false));
    if (step.operation == "^") {
      const auto& exponent = expression_.steps[step.arguments[1]];
      const auto& base = values[step.arguments[0]];
      return exponent.operation == "number" ? base.pow(exponent.number)
                                            : base.pow(values[step.arguments[1]]);
    }
    Arguments arguments;
    for (const auto argument : step.arguments) arguments.push_back(values[argument]);
    return operations_[i](arguments);
  }

  void checkFurther(const Batch& batch) const override {
    const at::NoGradGuard noGradients;
    const auto mask = batch.field("mask");
    const auto target = batch.target.to(batch.prediction.scalar_type());
    auto wrong = elements(batch.prediction, target).isfinite().logical_not();
    if (mask.defined()) wrong = wrong & (mask != 0);
    if (!wrong.any().item<bool>()) return checkSlope(batch.prediction, target, mask);
    const auto p = batch.prediction.masked_select(wrong).narrow(0, 0, 1);
    const auto t = target.masked_select(wrong).narrow(0, 0, 1);
    fail("expression.text: must be finite, found {} at p = {}, t = {}", numberText(elements(p, t)),
         numberText(p), numberText(t));
  }

  /// Also where a branch that `where` did not choose has none: it reaches the parameters as NaN.
  void checkSlope(const at::Tensor& prediction, const at::Tensor& target,
                  const at::Tensor& mask) const {
    const at::AutoGradMode withGradients(true);
    const auto p = prediction.detach().requires_grad_(true);
    auto counted = elements(p, target);
    if (mask.defined()) counted = counted.masked_select(mask != 0);
    if (counted.requires_grad()) counted.sum().backward();
    const auto slope = p.grad();
    if (!slope.defined()) return;
    const auto wrong = slope.isfinite().logical_not();
    if (!wrong.any().item<bool>()) return;
    const auto first = [&](const at::Tensor& values) {
      return firstFound(values.detach().expand_as(slope), wrong);
    };
    fail("expression.text: its slope in p must be finite, found {} at p = {}, t = {}", first(slope),
         first(p), first(target));
  }

  Expression expression_;
  std::vector<Operation> operations_;  ///< one a step; null where a step is none
};

}  // namespace

CatalogRow<Loss> expressionRow() {
  Descriptor descriptor;
  descriptor.id = "expression";
  descriptor.title = "Expression";
  descriptor.summary = "A loss of one's own: a formula of prediction and target, by element.";
  descriptor.formula = "L = text(p, t)";
  descriptor.citation = "None needed";
  std::string functions;
  for (const auto& one : expressionFunctions()) functions += " " + one.name;
  auto constants = ParameterSpec::text("constants", "", "Named numbers of the formula: {\"a\": 2}");
  constants.type = ParameterType::any;
  constants.defaultValue = nlohmann::json::object();
  descriptor.parameters = elementParameters(
      {ParameterSpec::text("text", "square(p - t)",
                           "Formula of the prediction p, the target t and the constants, with + - "
                           "* / ^, comparisons (1 or 0) and" +
                               functions),
       constants});
  descriptor.taskKinds = {TaskKind::regression, TaskKind::binary, TaskKind::multilabel};
  descriptor.inputs = elementInputs("p: numbers or logits", "t: numbers");
  descriptor.traits = {{"slices", {"residual", "logit"}}};
  return rowOf<ExpressionLoss>(descriptor);
}

}  // namespace eq::loss
