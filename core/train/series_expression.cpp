#include "core/train/series_expression.h"

#include <algorithm>

#include "core/base/expression_scanner.h"
#include "core/base/nearest.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

using Operation = SeriesOperation;

std::string lowered(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Greedy from star to star, which never goes back further than the last one.
bool matchesAsWhole(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p, ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool matches(const std::string& text, const std::string& pattern) {
  const auto low = lowered(text), sought = lowered(pattern);
  return sought.find('*') == std::string::npos ? low.find(sought) != std::string::npos
                                               : matchesAsWhole(low, sought);
}

template <typename T>
bool isOrdered(Operation operation, const T& a, const T& b) {
  switch (operation) {
    case Operation::less:
      return a < b;
    case Operation::lessOrEqual:
      return a <= b;
    case Operation::greater:
      return a > b;
    default:
      return a >= b;
  }
}

bool compared(Operation operation, const SeriesValue& a, const SeriesValue& b) {
  if (a.index() == 0 || b.index() == 0) return false;
  if (operation == Operation::equal) return a == b;
  if (operation == Operation::unequal) return a != b;
  if (const auto* x = std::get_if<std::string>(&a), *y = std::get_if<std::string>(&b); x && y)
    return operation == Operation::matches ? matches(*x, *y) : isOrdered(operation, *x, *y);
  const auto *x = std::get_if<double>(&a), *y = std::get_if<double>(&b);
  return x && y && operation != Operation::matches && isOrdered(operation, *x, *y);
}

SeriesValue calculated(Operation operation, const SeriesValue& a, const SeriesValue& b) {
  const auto *x = std::get_if<double>(&a), *y = std::get_if<double>(&b);
  if (!x || !y) return {};
  switch (operation) {
    case Operation::add:
      return *x + *y;
    case Operation::subtract:
      return *x - *y;
    case Operation::multiply:
      return *x * *y;
    default:
      return *x / *y;
  }
}

SeriesValue ofOne(Operation operation, const SeriesValue& a) {
  switch (operation) {
    case Operation::isNull:
      return a.index() == 0;
    case Operation::isNotNull:
      return a.index() != 0;
    case Operation::negation:
      return !holds(a);
    default:
      return calculated(Operation::subtract, 0.0, a);
  }
}

SeriesValue ofTwo(Operation operation, const SeriesValue& a, const SeriesValue& b) {
  if (operation == Operation::conjunction) return holds(a) && holds(b);
  if (operation == Operation::disjunction) return holds(a) || holds(b);
  const bool isArithmetic = operation >= Operation::add && operation <= Operation::divide;
  return isArithmetic ? calculated(operation, a, b) : SeriesValue(compared(operation, a, b));
}

[[noreturn]] void refuseAt(const SeriesExpression& expression, const SeriesQuantity& quantity,
                           std::string_view place, const std::string& rule) {
  ExpressionScanner(expression.text, place).refuse(quantity.offset, rule);
}

}  // namespace

std::string toText(SeriesFunction function) {
  switch (function) {
    case SeriesFunction::value:
      return "";
    case SeriesFunction::last:
      return "last";
    case SeriesFunction::final:
      return "final";
    case SeriesFunction::best:
      return "best";
    case SeriesFunction::mean:
      return "mean";
    case SeriesFunction::slope:
      return "slope";
    case SeriesFunction::smoothed:
      return "smoothed";
    case SeriesFunction::noBetter:
      return "no_better";
    case SeriesFunction::notFinite:
      return "not_finite";
    case SeriesFunction::conflictFrequency:
      return "conflict.frequency";
  }
  return "";
}

void requireKnown(const SeriesExpression& expression, const std::vector<std::string>& names,
                  std::string_view place) {
  for (const auto& quantity : expression.quantities) {
    if (quantity.function == SeriesFunction::conflictFrequency) continue;
    if (std::find(names.begin(), names.end(), quantity.name) == names.end())
      refuseAt(
          expression, quantity, place,
          fmt::format("there is no {}; known: {}", quantity.name, namesNear(quantity.name, names)));
    if (quantity.function != SeriesFunction::value &&
        seriesKind(quantity.parts) == SeriesKind::none)
      refuseAt(expression, quantity, place,
               fmt::format("{} takes a series, found the field {}", toText(quantity.function),
                           quantity.name));
  }
}

SeriesValue evaluate(const SeriesExpression& expression,
                     const std::function<SeriesValue(std::size_t)>& valueOf) {
  std::vector<SeriesValue> values;
  values.reserve(expression.nodes.size());
  for (const auto& node : expression.nodes) {
    if (node.operation <= Operation::truth)
      values.push_back(node.value);
    else if (node.operation == Operation::quantity)
      values.push_back(valueOf(node.quantity));
    else if (node.arguments.size() == 1)
      values.push_back(ofOne(node.operation, values[node.arguments[0]]));
    else
      values.push_back(ofTwo(node.operation, values[node.arguments[0]], values[node.arguments[1]]));
  }
  return values.empty() ? SeriesValue() : values.back();
}

bool holds(const SeriesValue& value) {
  const auto* truth = std::get_if<bool>(&value);
  return truth && *truth;
}

}  // namespace eq::train
