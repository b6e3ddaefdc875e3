// Any bytes are either read as a formula whose steps can be carried out, or refused with an Error.
#include <cmath>
#include <cstdint>
#include <cstdlib>

#include "core/base/error.h"
#include "core/loss/custom/expression_parser.h"

namespace {

/// What every formula promises, whatever the text was.
void look(const eq::loss::Expression& expression) {
  if (expression.steps.empty()) std::abort();
  for (std::size_t i = 0; i < expression.steps.size(); ++i) {
    const auto& step = expression.steps[i];
    if (step.operation.empty() || !std::isfinite(step.number)) std::abort();
    for (const auto argument : step.arguments)
      if (argument >= i) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    look(eq::loss::parseExpression({reinterpret_cast<const char*>(data), size},
                                   {{"a", 0.5}, {"tau_2", -3.0}}, "x"));
  } catch (const eq::Error& error) {
    if (error.kind() != eq::ErrorKind::user || *error.what() == '\0') std::abort();
  }
  return 0;
}
