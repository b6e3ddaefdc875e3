#include <cmath>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/steps_input.h"
#include "core/base/error.h"
#include "core/gradient/conflict.h"

namespace eq::cli {
namespace {

using nlohmann::json;

json describe(const gradient::Conflict& conflict) {
  return {{"norms", toJson(conflict.norms)},
          {"cosines", toJson(conflict.cosines)},
          {"angles", toJson(conflict.angles)},
          {"magnitude_similarity", toJson(conflict.magnitudeSimilarity)},
          {"curvature", toJson(conflict.curvature)},
          {"condition_number", conflict.conditionNumber},
          {"rank", conflict.rank},
          {"sum_norm", conflict.sumNorm}};
}

void checkLengths(const gradient::Conflict& conflict, size_t step) {
  const char* remedy = "a double holds up to 1.8e308: divide all gradients by one number";
  for (Eigen::Index k = 0; k < conflict.norms.size(); ++k)
    if (!std::isfinite(conflict.norms[k]))
      fail("steps[{}].jacobian[{}]: the length of the row is not finite; {}", step, k, remedy);
  if (!std::isfinite(conflict.sumNorm))
    fail("steps[{}].jacobian: the length of the rows' sum is not finite; {}", step, remedy);
}

json conflictSteps(const std::string& file, Context& context) {
  gradient::ConflictFrequency frequency;
  auto results = json::array();
  const auto steps = readSteps(readInput(file, context), context);
  for (size_t t = 0; t < steps.size(); ++t) {
    if (!steps[t].jacobian) fail("steps[{}]: conflict needs \"jacobian\"", t);
    const auto found = gradient::conflictOfRows(*steps[t].jacobian);
    checkLengths(found, t);
    frequency.add(found.cosines);
    results.push_back(describe(found));
  }
  return {{"steps", results},
          {"frequency",
           {{"pairs", toJson(frequency.pairs())},
            {"mean", frequency.mean()},
            {"last_half", frequency.lastHalf()}}}};
}

}  // namespace

void addConflictCommand(CLI::App& app, Context& context) {
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("conflict", "Measure how the gradients of tasks disagree");
  addInputOption(*command, *file, "the jacobians");
  command->add_flag("--json", *json, "For machines (the output is always JSON)");
  command->callback(
      [file, json, &context] { context.out << conflictSteps(*file, context).dump() << '\n'; });
}

}  // namespace eq::cli
