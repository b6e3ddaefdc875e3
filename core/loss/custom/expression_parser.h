#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eq::loss {

/// One step of a calculation.
struct ExpressionStep {
  std::string operation;  ///< "number", "p", "t", an operator ("-" with one argument negates), or
                          ///< the name of a function
  double number = 0;      ///< of "number"
  std::vector<std::size_t> arguments = {};  ///< earlier steps
};

/// A formula of the prediction p, the target t and named constants, such as
/// `smooth_l1(p - t) * (1 + a * t)`. Every step comes after its arguments; the last one is the
/// result.
struct Expression {
  std::vector<ExpressionStep> steps;
};

/// A function of the language; arguments that are left out are 1.
struct ExpressionFunction {
  std::string name;
  std::size_t fewest, most;  ///< number of arguments
};
const std::vector<ExpressionFunction>& expressionFunctions();

/// Operators, the weakest first: < <= > >= == != (1 where true, else 0), + -, * /, unary + -, ^ or
/// ** (from the right, as in -x^2 = -(x^2)). Numbers as in 1, 0.5 or 2e-3; white space and line
/// breaks do not matter. \param constants by name. \param place for messages. \throws Error
/// `expression.text: line 1, column 14: expected ), found the end`; also for a formula whose slope
/// in p is 0 everywhere, as of `t` or `p > 0`.
Expression parseExpression(std::string_view text, const std::map<std::string, double>& constants,
                           const std::string& place);

/// Whether a constant can be called so: letters, digits and _, not a name of the language.
bool isConstantName(std::string_view name);

}  // namespace eq::loss
