#include "core/train/method_text.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/balance/catalog.h"
#include "core/data/catalog.h"
#include "core/loss/catalog.h"
#include "core/loss/custom/scripts.h"
#include "core/model/catalog.h"
#include "core/model/script/scripts.h"
#include "core/train/front_catalog.h"
#include "core/train/optimizer_catalog.h"
#include "core/train/schedule.h"
#include "core/train/scheme_catalog.h"

namespace eq::train {
namespace {

using nlohmann::json;

/// Ids are unique over all catalogs that an experiment names methods of (tst_method_text).
const Descriptor* known(const std::string& id) {
  for (const auto& list :
       {loss::catalog().descriptors(), balance::allDescriptors(), data::catalog().descriptors(),
        model::catalog().descriptors(), optimizers().descriptors(), schedules().descriptors(),
        schemeCatalog().descriptors(), paretoMethods().descriptors()})
    for (const auto* descriptor : list)
      if (descriptor->id == id) return descriptor;
  return nullptr;
}

json withoutPins(const MethodSpec& method) {
  return model::scripts().withoutPins(method.id,
                                      loss::scripts().withoutPins(method.id, method.params));
}

std::string valueInWords(const json& value);

/// {"id": ..., "params": {...}, "weight": ...}, as losses stand in others.
std::string nestedInWords(const json& value) {
  const auto text =
      inWords({value["id"].get<std::string>(), value.value("params", json::object())});
  return value.contains("weight") ? valueInWords(value["weight"]) + " × " + text : text;
}

bool isNested(const json& value) {
  return value.is_object() && value.contains("id") && value["id"].is_string() &&
         value.value("params", json::object()).is_object();
}

std::string valueInWords(const json& value) {
  if (isNested(value)) return nestedInWords(value);
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "on" : "off";
  if (value.is_null()) return "none";
  if (!value.is_array() || value.empty() || !std::all_of(value.begin(), value.end(), isNested))
    return value.dump();
  std::vector<std::string> terms;
  for (const auto& term : value) terms.push_back(nestedInWords(term));
  return fmt::format("{}", fmt::join(terms, " + "));
}

/// As it is in force: the default where it is not given.
json valueOf(const std::string& name, const Descriptor* descriptor, const json& params) {
  if (params.contains(name)) return params[name];
  if (descriptor)
    for (const auto& spec : descriptor->parameters)
      if (spec.name == name) return spec.defaultValue;
  return nullptr;
}

std::string titleOf(const std::string& id, const Descriptor* descriptor) {
  return id.empty() ? "none" : descriptor ? descriptor->title : id;
}

}  // namespace

std::string nameInWords(std::string name) {
  if (name == "lr") return "learning rate";
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string inWords(const MethodSpec& method) {
  const auto* descriptor = known(method.id);
  std::vector<std::string> parts;
  const json given = withoutPins(method);
  for (const auto& [name, value] : given.items())
    if (value != valueOf(name, descriptor, json::object()))
      parts.push_back(nameInWords(name) + " " + valueInWords(value));
  const auto title = titleOf(method.id, descriptor);
  return parts.empty() ? title : fmt::format("{} ({})", title, fmt::join(parts, ", "));
}

std::string changeInWords(const MethodSpec& from, const MethodSpec& to) {
  if (from.id != to.id || from.id.empty()) return "to " + inWords(to);
  const auto* descriptor = known(to.id);
  const json before = withoutPins(from), after = withoutPins(to);
  std::set<std::string> names;
  for (const auto* params : {&before, &after})
    for (const auto& [name, value] : params->items()) names.insert(name);
  std::vector<std::string> parts;
  for (const auto& name : names) {
    const auto old = valueOf(name, descriptor, before), now = valueOf(name, descriptor, after);
    if (old != now)
      parts.push_back(
          fmt::format("{} {} → {}", nameInWords(name), valueInWords(old), valueInWords(now)));
  }
  return fmt::format("{}: {}", titleOf(to.id, descriptor),
                     parts.empty() ? "as before" : fmt::format("{}", fmt::join(parts, ", ")));
}

}  // namespace eq::train
