#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eq::train {

// Expressions over the series of a run and the fields of its experiment: what rules look at while
// it trains, and what filters, columns and axes show of many runs.
//
//   weighting == "uncertainty" and best(val.left.accuracy) > 0.95 and tag ~ "paper"
//
// Operators, the weakest first: or; and; not; == != < <= > >= ~; + -; * /; unary + -. Comparisons
// do not chain. Numbers as in 1, 0.5 or 2e-3, texts in " or ', true, false, null. A name is
// identifiers joined by dots, where a part may stand in brackets: `validation["50% yield"].loss`,
// `tasks[0].loss.id`; `val` is short for `validation`. Functions of a series x:
//   x, last(x)            its newest value
//   final(x)              its last value, of a run that has finished
//   best(x)               the highest of a metric that is better higher, else the lowest; NaN never
//   mean(x, n)            of its last n values
//   slope(x, n)           least squares over its last n values, a value
//   smoothed(x, n)        debiased exponential mean: each value weighs (n - 1)/(n + 1) of the next
//   no_better(x, n)       true where none of its last n values was better than the best before
//   not_finite(x)         true where the newest value is NaN or infinite
//   conflict.frequency(n) mean, over the samples of the last n steps, of the share of pairs of
//                         tasks whose cosine is below 0
//
// What is not there (a series without a value, one of fewer than n values, a field that is null or
// that the run does not have) is absent: arithmetic with it is absent, each comparison with it
// false, also !=; `x == null` and `x != null` ask for it. A NaN is there: it equals nothing, and <
// and > with it are false. Values of unlike types are unequal and not ordered. `a ~ b`: the text a
// contains b, capitals or not; where b has a *, which stands for any letters, a as a whole must
// match. A condition that is absent counts as false, and `not` of it as true.

/// What an expression, or a part of it, comes to: absent, true or false, a number, a text.
using SeriesValue = std::variant<std::monostate, bool, double, std::string>;

enum class SeriesFunction {
  value,  ///< a bare name
  last,
  final,
  best,
  mean,
  slope,
  smoothed,
  noBetter,
  notFinite,
  conflictFrequency
};
/// As it is written: "no_better"; empty for a bare name.
std::string toText(SeriesFunction function);

/// What an expression reads: a name, or a function of one.
struct SeriesQuantity {
  SeriesFunction function = SeriesFunction::value;
  std::string name;                ///< as seriesName writes it; "conflict" of conflict.frequency
  std::vector<std::string> parts;  ///< of the name; an index as its digits
  std::int64_t count = 0;          ///< n; 0 where the function has none
  std::size_t offset = 0;          ///< of the name, in bytes of the text
};

enum class SeriesOperation {
  number,
  text,
  truth,
  quantity,
  negate,
  add,
  subtract,
  multiply,
  divide,
  equal,
  unequal,
  less,
  lessOrEqual,
  greater,
  greaterOrEqual,
  matches,
  isNull,
  isNotNull,
  negation,
  conjunction,
  disjunction
};

/// One node of the tree.
struct SeriesNode {
  SeriesOperation operation = SeriesOperation::number;
  std::size_t offset =
      0;  ///< where it stands, in bytes of the text: its operator, or its beginning
  SeriesValue value = {};                   ///< of a number, a text, a truth
  std::size_t quantity = 0;                 ///< index into the expression's quantities
  std::vector<std::size_t> arguments = {};  ///< earlier nodes
};

/// An expression that was read. Every node comes after its arguments; the last is the result.
struct SeriesExpression {
  std::string text;
  std::vector<SeriesNode> nodes;
  std::vector<SeriesQuantity> quantities;  ///< in the order of the text
};

/// A number, a text or a condition, such as what a column shows. \param place for messages,
/// "rules[0].when". \throws ExpressionError `rules[0].when: line 1, column 14: expected ...`; also
/// for what can be no value: arithmetic with a text, `and` of numbers.
SeriesExpression parseSeriesExpression(std::string_view text, std::string_view place);
/// The same of what must be true or false. A bare name may be a field that is.
SeriesExpression parseSeriesCondition(std::string_view text, std::string_view place);

/// \param names as seriesName writes them: all series and fields that there can be.
/// \throws ExpressionError that names the nearest for a name that is not among them, and for a
/// function of what is no series.
void requireKnown(const SeriesExpression& expression, const std::vector<std::string>& names,
                  std::string_view place);

/// \param valueOf by the index of a quantity. Never fails.
SeriesValue evaluate(const SeriesExpression& expression,
                     const std::function<SeriesValue(std::size_t)>& valueOf);
/// Whether a condition is true; absent is not.
bool holds(const SeriesValue& value);

}  // namespace eq::train
