#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/numbers_as_json.h"
#include "app/cli/trust.h"
#include "core/loss/catalog.h"
#include "core/loss/custom/scripts.h"
#include "core/loss/json_tensor.h"
#include "core/loss/nesting.h"
#include "core/loss/not_integers.h"

namespace eq::cli {
namespace {

struct LossOptions {
  CalculationOptions calculation;
  bool trust = false;
};

void trust(const std::string& id, const nlohmann::json& parameters) {
  std::vector<script::ScriptFile> files;
  loss::scripts().addUntrusted(files, id, parameters, {});
  trustScripts(files);
}

/// The check knows the numbers, the input how they were written.
void check(const loss::Loss& loss, const loss::Batch& batch, const nlohmann::json& input) {
  try {
    loss.check(batch);
  } catch (const loss::NotIntegers& mistake) {
    loss::checkIntegers(input.at(mistake.field()), mistake.path());
    throw;
  }
}

nlohmann::json evaluate(const CalculationOptions& options, const nlohmann::json& parameters,
                        Context& context) {
  const auto loss = loss::catalog().create(options.id, parameters, options.id);
  const auto input = readInput(options.input, context);
  const auto fields = fieldNames(loss::inputsOf(options.id, parameters));
  tellUnknownFields(input, fields, options.id, context);
  auto batch = loss::batchFromJson(input, fields, options.id);
  check(*loss, batch, input);
  batch.prediction.set_requires_grad(true);
  const auto value = loss->evaluate(batch, true);
  value.value.backward();
  const auto gradient = batch.prediction.grad();
  nlohmann::json answer = {
      {"value", value.value.item<double>()},
      {"per_sample", value.perSample.defined() ? loss::toJson(value.perSample) : nlohmann::json()},
      {"gradient", loss::toJson(gradient.defined() ? gradient : batch.prediction.detach().mul(0))}};
  remarkNonFinite(answer);
  return answer;
}

}  // namespace

void addLossCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<LossOptions>();
  auto* command = app.add_subcommand("loss", "Compute a loss with its gradient, in float64");
  addCalculationOptions(*command, options->calculation);
  addTrustFlag(*command, options->trust);
  command->callback([options, &context] {
    const auto parameters = parametersOf(options->calculation);
    if (options->trust) trust(options->calculation.id, parameters);
    context.out << evaluate(options->calculation, parameters, context).dump() << '\n';
  });
}

}  // namespace eq::cli
