#include "core/base/descriptor.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/nearest.h"

namespace eq {
namespace {

using nlohmann::json;

std::string typeName(ParameterType type) {
  switch (type) {
    case ParameterType::boolean:
      return "boolean";
    case ParameterType::integer:
      return "integer";
    case ParameterType::number:
      return "number";
    case ParameterType::text:
      return "text";
    case ParameterType::file:
      return "file";
    case ParameterType::choice:
      return "choice";
    case ParameterType::numberList:
      return "list of numbers";
    case ParameterType::integerList:
      return "list of integers";
    case ParameterType::numberOrList:
      return "number or list";
    case ParameterType::object:
      return "method";
    case ParameterType::objectList:
      return "list of methods";
    case ParameterType::any:
      return "value";
  }
  return "?";
}

}  // namespace

bool Descriptor::accepts(TaskKind kind) const {
  return std::find(taskKinds.begin(), taskKinds.end(), kind) != taskKinds.end();
}

std::string rangeText(const ParameterSpec& spec) {
  if (!spec.choices.empty()) return fmt::format("{}", fmt::join(spec.choices, ", "));
  if (spec.minimum && spec.maximum && !spec.minimumOpen && !spec.maximumOpen)
    return fmt::format("{} to {}", *spec.minimum, *spec.maximum);
  std::vector<std::string> parts;
  if (spec.minimum)
    parts.push_back(fmt::format("{} {}", spec.minimumOpen ? ">" : ">=", *spec.minimum));
  if (spec.maximum)
    parts.push_back(fmt::format("{} {}", spec.maximumOpen ? "<" : "<=", *spec.maximum));
  return fmt::format("{}", fmt::join(parts, ", "));
}

json toJson(const ParameterSpec& spec) {
  json out{{"name", spec.name},
           {"type", typeName(spec.type)},
           {"doc", spec.doc},
           {"range", rangeText(spec)}};
  out["default"] = spec.required ? json() : spec.defaultValue;
  out["required"] = spec.required;
  out["nullable"] = spec.nullable;
  if (spec.minimum) out["minimum"] = *spec.minimum;
  if (spec.maximum) out["maximum"] = *spec.maximum;
  if (spec.minimumOpen) out["minimum_excluded"] = true;
  if (spec.maximumOpen) out["maximum_excluded"] = true;
  if (!spec.choices.empty()) out["choices"] = spec.choices;
  if (!spec.unit.empty()) out["unit"] = spec.unit;
  return out;
}

json toJson(const Descriptor& descriptor) {
  json out{{"id", descriptor.id},
           {"title", descriptor.title},
           {"summary", descriptor.summary},
           {"formula", descriptor.formula},
           {"citation", descriptor.citation},
           {"traits", descriptor.traits}};
  out["parameters"] = json::array();
  for (const auto& spec : descriptor.parameters) out["parameters"].push_back(toJson(spec));
  out["task_kinds"] = json::array();
  for (const auto kind : descriptor.taskKinds) out["task_kinds"].push_back(toText(kind));
  out["inputs"] = json::array();
  for (const auto& field : descriptor.inputs)
    out["inputs"].push_back({{"name", field.name},
                             {"shape", field.shape},
                             {"doc", field.doc},
                             {"required", field.required}});
  return out;
}

void failUnknownId(const std::string& noun, const std::string& id, const std::string& path,
                   const std::vector<const Descriptor*>& known) {
  const std::string place = path.empty() ? "" : path + ": ";
  const Descriptor* nearest = nullptr;
  size_t best = id.size() / 2 + 1;
  for (const auto* candidate : known) {
    const size_t distance = editDistance(id, candidate->id);
    if (distance < best) best = distance, nearest = candidate;
  }
  if (nearest) fail("{}no {} \"{}\"; did you mean \"{}\"?", place, noun, id, nearest->id);
  std::vector<std::string> ids;
  for (const auto* candidate : known) ids.push_back(candidate->id);
  fail("{}no {} \"{}\"; known: {}", place, noun, id, fmt::join(ids, ", "));
}

}  // namespace eq
