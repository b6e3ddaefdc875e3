#include <cmath>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/calculation.h"
#include "app/cli/options.h"
#include "app/cli/steps_input.h"
#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/balance/two_slots.h"
#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/random.h"

namespace eq::cli {
namespace {

using nlohmann::json;

struct BalanceOptions : CalculationOptions {
  std::uint64_t seed = 0;
};

/// A method of the slot `weighting` beside a gradient method: {"id": ..., "params": {...}}.
struct Weighting {
  std::string id = "equal";
  json params = json::object();
};

/// Takes `weighting` out of a gradient method's parameters.
Weighting takeWeighting(json& params) {
  Weighting weighting;
  if (!params.is_object() || !params.contains("weighting")) return weighting;
  const json given = params["weighting"];
  params.erase("weighting");
  if (!given.is_object() || !given.contains("id") || !given["id"].is_string())
    fail("weighting: an object {{\"id\": ..., \"params\": {{...}}}} is needed, found {}",
         given.dump());
  for (const auto& [key, value] : given.items())
    if (key != "id" && key != "params")
      fail("weighting.{}: unknown key; there are id and params", key);
  weighting.id = given["id"].get<std::string>();
  if (given.contains("params")) weighting.params = given["params"];
  return weighting;
}

struct Method {
  std::string id;
  const balance::Balancer* balancer;
};

/// The loss weighting, and the gradient method where there is one.
struct Methods {
  std::vector<Method> each;
  std::string name;    ///< of all
  std::int64_t tasks;  ///< K
  balance::TwoSlots slots;
};

Methods makeMethods(const std::string& id, json params, balance::Setting setting) {
  setting.path = id;
  if (balance::weightings().contains(id)) {
    auto only = balance::weightings().create(id, params, id, setting);
    return {{{id, only.get()}}, id, setting.tasks, {std::move(only), nullptr}};
  }
  if (!balance::gradientMethods().contains(id))
    failUnknownId("balancer", id, {}, balance::allDescriptors());
  const auto weighting = takeWeighting(params);
  auto second = balance::gradientMethods().create(id, params, id, setting);
  balance::weightings().row(weighting.id, "weighting.id");
  setting.path = "weighting.params";
  auto first = balance::weightings().create(weighting.id, weighting.params, setting.path, setting);
  return {{{weighting.id, first.get()}, {id, second.get()}},
          fmt::format("{} with weighting {}", id, weighting.id),
          setting.tasks,
          {std::move(first), std::move(second)}};
}

void checkGiven(const StepInput& step, size_t index, const Method& method) {
  const auto& id = method.id;
  const auto needs = method.balancer->needs();
  if (needs.losses && !step.losses) fail("steps[{}]: {} needs \"losses\"", index, id);
  const bool readsGradients = needs.gramian || needs.rowNorms || needs.lastRowNorms ||
                              needs.crossGramian || needs.rowNumbers || needs.rows;
  if (readsGradients && !step.jacobian) fail("steps[{}]: {} needs \"jacobian\"", index, id);
  if (needs.validationLosses && !step.validationLosses)
    fail("steps[{}]: {} needs \"validation_losses\"", index, id);
  if (needs.kpi && !step.kpi) fail("steps[{}]: {} needs \"kpi\"", index, id);
}

/// Reads what the methods ask for.
void readNeeded(const json& input, const balance::Needs& needs, std::vector<StepInput>& steps) {
  if (needs.losses) readLosses(input, steps);
  if (needs.lossesAfter) readLossesAfter(input, steps);
  if (needs.validationLosses) readValidationLosses(input, steps);
  if (needs.kpi) readKpi(input, steps);
  if (needs.crossGramian) readFurtherJacobians(input, steps);
  if (needs.epoch) readEpochs(input, steps);
}

balance::Inputs inputsOf(const StepInput& step, size_t index, const balance::Needs& needs) {
  balance::Inputs inputs;
  inputs.step = static_cast<std::int64_t>(index);
  inputs.epoch = step.epoch;
  if (needs.losses) inputs.losses = *step.losses;
  if (needs.gramian) inputs.gramian = *step.jacobian * step.jacobian->transpose();
  if (needs.rowNorms) inputs.rowNorms = step.jacobian->rowwise().norm();
  if (needs.lastRowNorms) inputs.lastRowNorms = step.jacobian->rowwise().norm();
  if (needs.validationLosses) inputs.validationLosses = *step.validationLosses;
  if (needs.kpi) inputs.kpi = *step.kpi;
  if (needs.crossGramian) inputs.crossGramian = *step.jacobian * step.jacobian2->transpose();
  return inputs;
}

/// A loss that a method has no weight for is refused with what the method says of it.
void checkRefusal(const balance::Weights& found, const balance::WrongWeight& wrong,
                  const balance::Inputs& inputs, size_t index, const std::string& id) {
  const auto& read = inputs.losses.size() > 0 ? inputs.losses : inputs.validationLosses;
  for (const auto& [gradient, remark] : found.remarks)
    if (gradient == wrong.gradient && remark.task == wrong.task && std::isnan(wrong.value) &&
        read.size() > 0)
      fail("steps[{}]: {} refuses the loss {} of task {}: {}", index, id,
           numberText(read[wrong.task]), wrong.task, remark.text);
}

void checkFinite(const balance::Weights& found, const balance::Inputs& inputs, size_t index,
                 const std::string& id) {
  for (const auto& wrong : found.wrong) {
    checkRefusal(found, wrong, inputs, index, id);
    fail(
        "steps[{}]: {} must give finite weights, found {} for task {}; a smaller \"lr\" or losses "
        "nearer to 1 keep them finite",
        index, id, numberText(wrong.value), wrong.task);
  }
  if (found.nonFinite) fail("steps[{}]: the products of the jacobian's rows are not finite", index);
}

json remarksOf(const balance::Weights& found) {
  auto list = json::array();
  for (const auto& [gradient, remark] : found.remarks)
    list.push_back({{"task", remark.task}, {"text", remark.text}});
  return list;
}

std::vector<char> everyTask(const Methods& methods) {
  return std::vector<char>(static_cast<size_t>(methods.tasks), 1);
}

Eigen::VectorXd directionOf(Methods& methods, const StepInput& step, const balance::Inputs& inputs,
                            const balance::Weights& found) {
  const auto needs = methods.slots.needs();
  if (needs.rows)
    return methods.slots.direction(*step.jacobian, inputs.losses, found, everyTask(methods));
  // The update is taken from the third batch where several are read.
  const auto& rows = needs.crossGramian ? *step.jacobian3 : *step.jacobian;
  return rows.transpose() * found.weights;
}

/// One step; its state goes on to the next.
json balanceStep(Methods& methods, const StepInput& step, size_t index) {
  for (const auto& method : methods.each) checkGiven(step, index, method);
  const auto needs = methods.slots.needs();
  const Eigen::VectorXd factors = Eigen::VectorXd::Ones(methods.tasks);
  auto inputs = inputsOf(step, index, needs);
  if (needs.rowNumbers)
    inputs.rowNumbers = methods.slots.measureRows(*step.jacobian, everyTask(methods));
  const auto found = methods.slots.weigh(inputs, factors, everyTask(methods));
  checkFinite(found, inputs, index, methods.name);
  if (step.lossesAfter) methods.slots.learn(*step.lossesAfter);
  json result = {{"weights", needs.rows ? json() : toJson(found.weights)}};
  if (step.jacobian) result["direction"] = toJson(directionOf(methods, step, inputs, found));
  if (!found.remarks.empty()) result["remarks"] = remarksOf(found);
  return result;
}

json balanceSteps(const BalanceOptions& options, Context& context) {
  const auto params = parametersOf(options);
  const auto input = readInput(options.input, context);
  auto steps = readSteps(input, context);
  balance::Setting setting;
  setting.tasks = taskCount(steps);
  setting.seed = options.seed;
  auto methods = makeMethods(options.id, params, setting);
  readNeeded(input, methods.slots.needs(), steps);
  auto results = json::array();
  for (size_t t = 0; t < steps.size(); ++t) results.push_back(balanceStep(methods, steps[t], t));
  return {{"steps", results}};
}

}  // namespace

void addBalanceCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<BalanceOptions>();
  auto* command =
      app.add_subcommand("balance", "Compute a balancer's weights and update, step by step");
  addCalculationOptions(*command, *options);
  command->add_option("--seed", options->seed, "Seed of the balancers that draw at random")
      ->check(integerFrom<std::uint64_t>(0));
  command->callback(
      [options, &context] { context.out << balanceSteps(*options, context).dump() << '\n'; });
}

}  // namespace eq::cli
