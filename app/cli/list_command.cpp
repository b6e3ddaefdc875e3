#include <map>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/merge/catalog.h"
#include "core/metric/catalog.h"
#include "core/metric/pareto/analytic.h"
#include "core/metric/pareto/calculation.h"
#include "core/model/catalog.h"
#include "core/relate/relation.h"
#include "core/train/front_catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/rule_catalog.h"
#include "core/train/schedule.h"
#include "core/train/scheme_catalog.h"

namespace eq::cli {
namespace {

using Descriptors = std::vector<const Descriptor*>;

const std::map<std::string, std::function<Descriptors()>>& catalogs() {
  static const std::map<std::string, std::function<Descriptors()>> table{
      {"losses", [] { return loss::catalog().descriptors(); }},
      {"balancers", balance::allDescriptors},
      {"datasets", [] { return data::catalog().descriptors(); }},
      {"models", [] { return model::catalog().descriptors(); }},
      {"metrics", [] { return metric::catalog().descriptors(); }},
      {"merges", [] { return merge::catalog().descriptors(); }},
      {"pareto", [] { return metric::paretoCalculations().descriptors(); }},
      {"relations", [] { return relate::relations().descriptors(); }},
      {"problems", [] { return metric::analyticProblems().descriptors(); }},
      {"optimizers", [] { return train::optimizers().descriptors(); }},
      {"schedules", [] { return train::schedules().descriptors(); }},
      {"fronts", [] { return train::paretoMethods().descriptors(); }},
      {"schemes", [] { return train::schemeCatalog().descriptors(); }},
      {"rules", [] { return train::shippedRules().descriptors(); }},
  };
  return table;
}

void printParameter(const ParameterSpec& spec, std::ostream& out) {
  const std::string standard = spec.required ? "required" : "default " + spec.defaultValue.dump();
  const std::string range = rangeText(spec);
  out << fmt::format("  {:<18} {}{}{}\n", spec.name, standard,
                     range.empty() ? "" : " (" + range + ")",
                     spec.unit.empty() ? "" : " " + spec.unit);
  out << fmt::format("  {:<18} {}\n", "", spec.doc);
}

void printWhole(const Descriptor& descriptor, std::ostream& out) {
  out << fmt::format("{}: {}\n{}\n\n  {}\n  {}\n", descriptor.id, descriptor.title,
                     descriptor.summary, descriptor.formula, descriptor.citation);
  if (!descriptor.parameters.empty()) out << "\nParameters\n";
  for (const auto& spec : descriptor.parameters) printParameter(spec, out);
  if (!descriptor.inputs.empty()) out << "\nInput\n";
  for (const auto& field : descriptor.inputs)
    out << fmt::format("  {:<18} {}{}: {}\n", field.name, field.shape,
                       field.required ? "" : " (optional)", field.doc);
}

void printList(const Descriptors& descriptors, bool asJson, std::ostream& out) {
  if (!asJson) {
    for (const auto* descriptor : descriptors)
      out << fmt::format("{:<24} {}\n", descriptor->id, descriptor->summary);
    return;
  }
  auto all = nlohmann::json::array();
  for (const auto* descriptor : descriptors) all.push_back(toJson(*descriptor));
  out << all.dump(2) << '\n';
}

void printOne(const std::string& kind, const Descriptors& descriptors, const std::string& id,
              bool asJson, std::ostream& out) {
  for (const auto* descriptor : descriptors) {
    if (descriptor->id != id) continue;
    if (asJson)
      out << toJson(*descriptor).dump(2) << '\n';
    else
      printWhole(*descriptor, out);
    return;
  }
  failUnknownId("entry of " + kind, id, "", descriptors);
}

struct ListOptions {
  std::string kind;
  std::string id;
  bool json = false;
};

}  // namespace

void addListCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ListOptions>();
  auto* command =
      app.add_subcommand("list", "Print what there is: methods, their parameters and inputs");
  std::vector<std::string> kinds;
  for (const auto& [kind, descriptors] : catalogs()) kinds.push_back(kind);
  command->add_option("KIND", options->kind, "What to list")
      ->required()
      ->check(CLI::IsMember(kinds));
  command->add_option("ID", options->id, "One entry, whole");
  command->add_flag("--json", options->json, "For machines");
  command->callback([options, &context] {
    const Descriptors descriptors = catalogs().at(options->kind)();
    if (options->id.empty())
      printList(descriptors, options->json, context.out);
    else
      printOne(options->kind, descriptors, options->id, options->json, context.out);
  });
}

}  // namespace eq::cli
