#include "core/train/rule_catalog.h"

#include <utility>

#include <fmt/format.h>

namespace eq::train {
namespace {

using nlohmann::json;
using RuleRow = CatalogRow<RuleSpec>;

ParameterSpec seriesSpec(const std::string& doc) {
  return ParameterSpec::text("series", "", doc).needed();
}

ParameterSpec patienceSpec(std::int64_t patience) {
  return ParameterSpec::integer("patience", patience,
                                "So many evaluations in a row are not better than the best before")
      .from(1)
      .in("evaluations");
}

RuleRow rowOf(const std::string& id, const std::string& title, const std::string& summary,
              const std::string& formula, std::vector<ParameterSpec> parameters,
              const std::function<RuleSpec(const Parameters&)>& make) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = "Standard";
  descriptor.parameters = std::move(parameters);
  return {std::move(descriptor),
          [make](const Parameters& given) { return std::make_unique<RuleSpec>(make(given)); }};
}

RuleSpec ruleOf(std::string when, json then, std::int64_t looks = 1, bool once = false) {
  RuleSpec rule;
  rule.when = std::move(when);
  rule.then = std::move(then);
  rule.looks = looks;
  rule.once = once;
  return rule;
}

std::string noBetter(const Parameters& given) {
  return fmt::format("no_better({}, {})", given.text("series"), given.integer("patience"));
}

std::vector<RuleRow> plateauRows() {
  return {
      rowOf("early_stopping", "Early stopping", "Stops when a series no longer gets better.",
            "no_better(series, patience): stop",
            {seriesSpec("Such as validation.left.loss"), patienceSpec(10)},
            [](const Parameters& given) {
              return ruleOf(noBetter(given), {{"kind", "stop"}});
            }),
      rowOf("reduce_on_plateau", "Reduce on plateau",
            "Lowers the learning rate when a series no longer gets better.",
            "no_better(series, patience): rate times factor",
            {seriesSpec("Such as validation.left.loss"), patienceSpec(3),
             ParameterSpec::number("factor", 0.5, "Of the learning rate then").above(0).below(1)},
            [](const Parameters& given) {
              return ruleOf(noBetter(given),
                            {{"kind", "set_learning_rate"}, {"factor", given.number("factor")}});
            }),
      rowOf("back_to_best", "Back to the best",
            "Puts the best parameters back when a series no longer gets better.",
            "no_better(series, patience): restore_best",
            {seriesSpec("Of evaluations, such as validation.left.loss"), patienceSpec(5)},
            [](const Parameters& given) {
              return ruleOf(noBetter(given),
                            {{"kind", "restore_best"}, {"series", given.text("series")}});
            })};
}

std::vector<RuleRow> stepRows() {
  return {rowOf("stop_at_nan", "Stop at NaN", "Stops when a series is no finite number.",
                "not_finite(series), so many times in a row: stop",
                {seriesSpec("Such as loss.left"),
                 ParameterSpec::integer("for", 1, "Times in a row").from(1)},
                [](const Parameters& given) {
                  return ruleOf(fmt::format("not_finite({})", given.text("series")),
                                {{"kind", "stop"}}, given.integer("for"));
                }),
          rowOf("gradient_on_conflict", "Gradient method on conflict",
                "Switches a gradient method on, once, when tasks disagree often.",
                "conflict.frequency(steps) > share: balancer.gradient",
                {ParameterSpec::integer("steps", 200, "Over which it is counted").from(1),
                 ParameterSpec::number("share", 0.4, "Of pairs of tasks with a negative cosine")
                     .from(0)
                     .to(1),
                 ParameterSpec::text("method", "pcgrad", "Id of the gradient method")},
                [](const Parameters& given) {
                  return ruleOf(
                      fmt::format("conflict.frequency({}) > {}", given.integer("steps"),
                                  given.number("share")),
                      {{"kind", "set_gradient"}, {"method", {{"id", given.text("method")}}}}, 1,
                      true);
                })};
}

}  // namespace

const Catalog<RuleSpec>& shippedRules() {
  static const Catalog<RuleSpec> table("rule", joined<RuleSpec>({plateauRows(), stepRows()}));
  return table;
}

}  // namespace eq::train
