#include "core/loss/custom/expression_parser.h"

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "core/base/error.h"
#include "core/base/expression_scanner.h"

namespace eq::loss {
namespace {

constexpr std::size_t kLongest = 10000;  // bytes
constexpr int kDeepest = 100;            // each level costs a few frames of the stack

const std::initializer_list<std::string_view> kComparisons{"<=", ">=", "==", "!=", "<", ">"};

const ExpressionFunction* functionOf(std::string_view name) {
  const auto& all = expressionFunctions();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::string functionNames() {
  std::string names;
  for (const auto& one : expressionFunctions()) names += (names.empty() ? "" : " ") + one.name;
  return names;
}

/// Recursive descent: one function a level of the grammar, each answers with the step of its
/// result.
class Parser {
 public:
  Parser(std::string_view text, const std::map<std::string, double>& constants,
         const std::string& place)
      : scanner_(text, place), constants_(constants) {}

  Expression parse() {
    const auto result = comparison();
    if (!scanner_.atEnd()) refuseHere("expected an operator, found " + scanner_.found());
    if (!hasSlope_[result])
      scanner_.refuse(0, "the slope in p is 0 everywhere; p must stand outside of comparisons");
    return std::move(expression_);
  }

 private:
  using Step = std::size_t;

  Step comparison() {
    const auto left = sum();
    const auto operation = scanner_.take(kComparisons);
    if (operation.empty()) return left;
    const auto right = sum();
    const auto next = scanner_.next();
    if (!scanner_.take(kComparisons).empty())
      scanner_.refuse(next, "comparisons do not chain; use parentheses");
    return add({operation, 0, {left, right}}, false);
  }

  Step sum() {
    auto left = product();
    while (true) {
      const auto operation = scanner_.take({"+", "-"});
      if (operation.empty()) return left;
      left = binary(operation, left, product());
    }
  }

  Step product() {
    auto left = unary();
    while (true) {
      const auto operation = scanner_.take({"*", "/"});
      if (operation.empty()) return left;
      left = binary(operation, left, unary());
    }
  }

  Step unary() {
    const Level level(*this);
    const auto sign = scanner_.take({"+", "-"});
    if (sign.empty()) return power();
    const auto value = unary();
    if (sign == "+") return value;
    auto& last = expression_.steps[value];
    if (last.operation != "number") return add({"-", 0, {value}}, hasSlope_[value]);
    last.number = -last.number;
    return value;
  }

  Step power() {
    const auto base = primary();
    if (scanner_.take({"^", "**"}).empty()) return base;
    return binary("^", base, unary());
  }

  Step primary() {
    const auto start = scanner_.next();
    if (scanner_.atNumber()) return number(scanner_.number());
    if (!scanner_.take({"("}).empty()) {
      const auto inside = comparison();
      close(start);
      return inside;
    }
    const auto name = scanner_.name();
    if (name.empty()) refuseHere("expected a number, a name or (, found " + scanner_.found());
    const auto open = scanner_.next();
    const bool called = !scanner_.take({"("}).empty();
    const auto* function = functionOf(name);
    if (function && called) return call(*function, start, open);
    if (function)
      scanner_.refuse(start, name + " is a function; its arguments come in parentheses");
    if (called)
      scanner_.refuse(start,
                      fmt::format("there is no function {}; known: {}", name, functionNames()));
    return variable(name, start);
  }

  Step variable(const std::string& name, std::size_t start) {
    if (name == "p" || name == "t") return add({name}, name == "p");
    const auto constant = constants_.find(name);
    if (constant == constants_.end())
      scanner_.refuse(start, fmt::format("there is no {}; known are p (the prediction), t (the "
                                         "target) and the constants ({})",
                                         name, constantNames()));
    return number(constant->second);
  }

  Step call(const ExpressionFunction& function, std::size_t start, std::size_t open) {
    std::vector<Step> arguments;
    if (scanner_.take({")"}).empty()) {
      do arguments.push_back(comparison());
      while (!scanner_.take({","}).empty());
      close(open);
    }
    checkCount(function, arguments.size(), start);
    while (arguments.size() < function.most) arguments.push_back(number(1));
    checkArguments(function.name, arguments, start);
    const bool slope = function.name != "sign" &&
                       std::any_of(arguments.begin() + (function.name == "where" ? 1 : 0),
                                   arguments.end(), [&](Step step) { return hasSlope_[step]; });
    return add({function.name, 0, std::move(arguments)}, slope);
  }

  void checkCount(const ExpressionFunction& function, std::size_t count, std::size_t start) const {
    if (count >= function.fewest && count <= function.most) return;
    const auto range = function.fewest == function.most
                           ? std::to_string(function.most)
                           : fmt::format("{} or {}", function.fewest, function.most);
    scanner_.refuse(start, fmt::format("{} takes {} argument{}, found {}", function.name, range,
                                       function.most == 1 ? "" : "s", count));
  }

  /// Ranges of arguments that are plain numbers.
  void checkArguments(const std::string& name, const std::vector<Step>& arguments,
                      std::size_t start) const {
    const auto value = [&](std::size_t i) -> std::optional<double> {
      const auto& step = expression_.steps[arguments[i]];
      return step.operation == "number" ? std::optional(step.number) : std::nullopt;
    };
    if ((name == "huber" || name == "smooth_l1") && value(1) && *value(1) <= 0)
      scanner_.refuse(start, fmt::format("{}: the second argument, where the square ends, must be "
                                         "above 0, found {}",
                                         name, *value(1)));
    if (name == "clamp" && value(1) && value(2) && *value(1) > *value(2))
      scanner_.refuse(start, fmt::format("clamp: the lower limit {} is above the upper one, {}",
                                         *value(1), *value(2)));
  }

  Step number(double value) { return add({"number", value}, false); }
  Step binary(const std::string& operation, Step left, Step right) {
    return add({operation, 0, {left, right}}, hasSlope_[left] || hasSlope_[right]);
  }
  Step add(ExpressionStep step, bool hasSlope) {
    expression_.steps.push_back(std::move(step));
    hasSlope_.push_back(hasSlope);
    return hasSlope_.size() - 1;
  }

  void close(std::size_t open) {
    if (scanner_.take({")"}).empty())
      refuseHere(fmt::format("expected ) to the ( of {}, found {}", scanner_.position(open),
                             scanner_.found()));
  }

  std::string constantNames() const {
    std::string names;
    for (const auto& [name, value] : constants_) names += (names.empty() ? "" : ", ") + name;
    return names.empty() ? "none" : names;
  }

  [[noreturn]] void refuseHere(const std::string& rule) { scanner_.refuse(scanner_.next(), rule); }

  /// Counts how deep the recursion is; every cycle of the grammar passes `unary`.
  struct Level {
    explicit Level(Parser& parser) : depth(parser.depth_) {
      if (++depth > kDeepest) parser.refuseHere(fmt::format("nests more than {} deep", kDeepest));
    }
    ~Level() { --depth; }
    int& depth;
  };

  ExpressionScanner scanner_;
  const std::map<std::string, double>& constants_;
  Expression expression_;
  std::vector<char> hasSlope_;  // one a step: whether it changes with p other than by jumps
  int depth_ = 0;
};

}  // namespace

const std::vector<ExpressionFunction>& expressionFunctions() {
  static const std::vector<ExpressionFunction> functions{
      {"abs", 1, 1},   {"sign", 1, 1},      {"square", 1, 1}, {"sqrt", 1, 1},
      {"exp", 1, 1},   {"log", 1, 1},       {"log1p", 1, 1},  {"sigmoid", 1, 1},
      {"tanh", 1, 1},  {"softplus", 1, 1},  {"relu", 1, 1},   {"log_cosh", 1, 1},
      {"huber", 1, 2}, {"smooth_l1", 1, 2}, {"min", 2, 2},    {"max", 2, 2},
      {"clamp", 3, 3}, {"where", 3, 3}};
  return functions;
}

Expression parseExpression(std::string_view text, const std::map<std::string, double>& constants,
                           const std::string& place) {
  if (text.size() > kLongest)
    fail("{}: must have at most {} characters, found {}", place, kLongest, text.size());
  if (ExpressionScanner(text, place).atEnd())
    fail("{}: is empty; write a formula of p and t, such as square(p - t)", place);
  return Parser(text, constants, place).parse();
}

bool isConstantName(std::string_view name) {
  return !name.empty() && nameLength(name) == name.size() && name != "p" && name != "t" &&
         !functionOf(name);
}

}  // namespace eq::loss
