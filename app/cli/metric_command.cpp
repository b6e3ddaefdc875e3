#include <optional>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/numbers_as_json.h"
#include "core/base/error.h"
#include "core/loss/json_tensor.h"
#include "core/metric/bootstrap.h"
#include "core/metric/catalog.h"
#include "core/metric/metric.h"

namespace eq::cli {

namespace {

struct MetricOptions : CalculationOptions {
  std::optional<std::int64_t> resamples;
  double confidence = 0.95;
  std::uint64_t seed = 1;
};

nlohmann::json intervalOf(const MetricOptions& options, const metric::Batch& batch) {
  const auto parameters = parametersOf(options);
  const auto reason = metric::whyNoBootstrap(metric::catalog().descriptor(options.id), batch);
  if (!reason.empty()) fail("{}", reason);
  const auto make = [&] { return metric::catalog().create(options.id, parameters, options.id); };
  const auto interval =
      metric::bootstrap({make}, batch, {*options.resamples, options.confidence, options.seed})
          .front();
  return {{"low", interval.low}, {"high", interval.high}, {"resamples", interval.resamples}};
}

nlohmann::json evaluate(const MetricOptions& options, Context& context) {
  const auto& descriptor = metric::catalog().descriptor(options.id);
  const auto metric = metric::catalog().create(options.id, parametersOf(options), options.id);
  const auto nullable = descriptor.traits.value("nullable", std::vector<std::string>());
  const auto input = readInput(options.input, context);
  const auto fields = fieldNames(descriptor.inputs);
  tellUnknownFields(input, fields, options.id, context);
  const auto batch = loss::batchFromJson(input, fields, options.id, nullable);
  metric->check(batch);
  metric->add(batch);
  nlohmann::json found{{"value", metric->value()}};
  if (found["value"].is_null())
    found["remarks"] = {fmt::format("{} is undefined: {}", options.id,
                                    descriptor.traits.value("undefined", "nothing counts"))};
  if (options.resamples) found.update(intervalOf(options, batch));
  remarkNonFinite(found);
  return found;
}

void addBootstrapOptions(CLI::App& command, MetricOptions& options) {
  auto* resamples =
      command
          .add_option("--bootstrap", options.resamples,
                      "Also draw the examples anew this many times; adds low, high and the "
                      "resamples that defined the metric")
          ->check(CLI::Range(std::int64_t{1}, std::int64_t{1000000}));
  command.add_option("--confidence", options.confidence, "Share of the resamples in low to high")
      ->check(CLI::Range(0.01, 0.9999))
      ->needs(resamples)
      ->capture_default_str();
  command.add_option("--seed", options.seed, "Of the draws")
      ->needs(resamples)
      ->capture_default_str();
}

}  // namespace

void addMetricCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<MetricOptions>();
  auto* command = app.add_subcommand("metric", "Compute a metric, in float64");
  addCalculationOptions(*command, *options);
  addBootstrapOptions(*command, *options);
  command->callback(
      [options, &context] { context.out << evaluate(*options, context).dump() << '\n'; });
}

}  // namespace eq::cli
