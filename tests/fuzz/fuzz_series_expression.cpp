// Any bytes are either read as an expression that can be evaluated for whatever values, or refused
// with a place in them.
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/base/expression_scanner.h"
#include "core/train/series_expression.h"
#include "core/train/series_memory.h"
#include "tests/fuzz/refusal.h"

namespace {

using eq::fuzz::require;
using eq::train::SeriesExpression;
using eq::train::SeriesValue;

void lookAtTree(const SeriesExpression& expression, std::size_t size) {
  require(!expression.nodes.empty());
  for (std::size_t i = 0; i < expression.nodes.size(); ++i) {
    const auto& node = expression.nodes[i];
    require(node.offset < size);
    for (const auto argument : node.arguments) require(argument < i);
  }
  for (const auto& quantity : expression.quantities)
    require(quantity.offset < size && !quantity.parts.empty() && !quantity.name.empty());
}

/// Values of each kind in turn, and those that a series of a few values comes to.
void evaluateAll(const SeriesExpression& expression) {
  const SeriesValue values[] = {{}, true, 0.5, std::nan(""), std::string("paper")};
  for (const auto& value : values) evaluate(expression, [&](std::size_t) { return value; });
  evaluate(expression, [&](std::size_t i) {
    eq::train::SeriesMemory memory(expression.quantities.at(i));
    for (const double x : {1.0, std::nan(""), -std::numeric_limits<double>::infinity(), 0.25})
      memory.add(7, x);
    eq::train::SeriesMemory copy(expression.quantities.at(i));
    copy.restore(memory.state());
    require(copy.value().index() == memory.value().index());
    return copy.value();
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = eq::fuzz::textOf(data, size);
  try {
    const auto expression = eq::train::parseSeriesExpression(text, "x");
    lookAtTree(expression, size);
    evaluateAll(expression);
    eq::train::parseSeriesCondition(text, "x");
  } catch (const eq::ExpressionError& error) {
    require(error.kind() == eq::ErrorKind::user && *error.what() != '\0' && error.offset() <= size);
  }
  return 0;
}
