#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "core/loss/json_tensor.h"
#include "core/metric/catalog.h"
#include "core/metric/metric.h"

namespace eq::cli {

void addMetricCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<CalculationOptions>();
  auto* command = app.add_subcommand("metric", "Compute a metric, in float64");
  addCalculationOptions(*command, *options);
  command->callback([options, &context] {
    const auto& descriptor = metric::catalog().descriptor(options->id);
    const auto metric = metric::catalog().create(options->id, parametersOf(*options), options->id);
    const auto nullable = descriptor.traits.value("nullable", std::vector<std::string>());
    const auto batch = loss::batchFromJson(readJson(options->input, context),
                                           fieldNames(descriptor.inputs), options->id, nullable);
    metric->check(batch);
    metric->add(batch);
    context.out << nlohmann::json{{"value", metric->value()}}.dump() << '\n';
  });
}

}  // namespace eq::cli
