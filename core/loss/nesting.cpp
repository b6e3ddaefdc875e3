#include "core/loss/nesting.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/loss/attack_fields.h"
#include "core/loss/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {
namespace {

/// The losses that the parameters name, as given or by default; none for a loss that has no such
/// parameter.
std::vector<NestedLoss> nestedOf(const std::string& id, const nlohmann::json& params) {
  std::vector<NestedLoss> nested;
  for (const auto& spec : catalog().descriptor(id).parameters) {
    const auto& value = params.contains(spec.name) ? params[spec.name] : spec.defaultValue;
    if (spec.type == ParameterType::object && spec.name == "base" && value.is_object())
      nested.push_back(nestedLoss(value, id + ".base"));
    if (spec.type == ParameterType::objectList && spec.name == "terms" && value.is_array())
      for (size_t i = 0; i < value.size(); ++i)
        nested.push_back(nestedLoss(value[i], fmt::format("{}.terms[{}]", id, i), {"weight"}));
  }
  return nested;
}

/// Whether a parameter, also by default, has the value that a trait names: "coupled_when",
/// "adds_up_when".
bool holds(const std::string& trait, const Descriptor& descriptor, const nlohmann::json& params) {
  const auto when = descriptor.traits.find(trait);
  if (when == descriptor.traits.end()) return false;
  const Parameters values(descriptor.parameters, params, descriptor.id);
  for (const auto& [name, value] : when->items())
    if (values.at(name) == value) return true;
  return false;
}

bool isCoupled(const Descriptor& descriptor, const nlohmann::json& params) {
  return descriptor.traits.value("coupled", false) || holds("coupled_when", descriptor, params);
}

/// The fields that a trait of the loss and of those in it names: "learned" with the head,
/// "made_in_runs", "made_by_attack".
std::vector<std::string> namedBy(const std::string& trait, const std::string& id,
                                 const nlohmann::json& params) {
  auto names = catalog().descriptor(id).traits.value(trait, std::vector<std::string>());
  for (const auto& nested : nestedOf(id, params)) {
    const auto inner = namedBy(trait, nested.id, nested.params);
    names.insert(names.end(), inner.begin(), inner.end());
  }
  return names;
}

bool reads(const Descriptor& descriptor, const std::string& field) {
  return std::any_of(descriptor.inputs.begin(), descriptor.inputs.end(),
                     [&](const InputField& one) { return one.name == field; });
}

bool isWrapper(const Descriptor& descriptor) {
  return descriptor.traits.value("wrapper", false);
}

}  // namespace

NestedLoss nestedLoss(const nlohmann::json& value, const std::string& path,
                      const std::vector<std::string>& extra) {
  if (!value.is_object())
    fail("{}: expected {{\"id\": ..., \"params\": {{...}}}}, found {}", path, value.dump());
  NestedLoss nested;
  for (const auto& [key, entry] : value.items()) {
    if (key == "id") {
      if (!entry.is_string()) fail("{}.id: expected a text, found {}", path, entry.dump());
      nested.id = entry.get<std::string>();
    } else if (key == "params") {
      if (!entry.is_object()) fail("{}.params: expected an object, found {}", path, entry.dump());
      nested.params = entry;
    } else if (std::find(extra.begin(), extra.end(), key) == extra.end()) {
      fail("{}: unknown key \"{}\"; known: id, params{}{}", path, key, extra.empty() ? "" : ", ",
           fmt::join(extra, ", "));
    }
  }
  if (nested.id.empty()) fail("{}.id: is required and missing", path);
  catalog().row(nested.id, path + ".id");
  return nested;
}

std::unique_ptr<Loss> NestedLoss::make(const std::string& path) const {
  return catalog().create(id, params, path + ".params");
}

std::vector<InputField> inputsOf(const std::string& id, const nlohmann::json& params) {
  std::vector<InputField> fields;
  const auto add = [&](const InputField& field) {
    const auto known = std::find_if(fields.begin(), fields.end(),
                                    [&](const InputField& one) { return one.name == field.name; });
    if (known == fields.end())
      fields.push_back(field);
    else
      known->required = known->required || field.required;
  };
  for (const auto& nested : nestedOf(id, params))
    for (const auto& field : inputsOf(nested.id, nested.params)) add(field);
  for (const auto& field : catalog().descriptor(id).inputs) add(field);
  return fields;
}

bool acceptsKind(const std::string& id, const nlohmann::json& params, TaskKind kind) {
  if (!catalog().descriptor(id).accepts(kind)) return false;
  const auto nested = nestedOf(id, params);
  return std::all_of(nested.begin(), nested.end(),
                     [&](const NestedLoss& one) { return acceptsKind(one.id, one.params, kind); });
}

bool holdsFiles(const std::string& id, const nlohmann::json& params) {
  const auto nested = nestedOf(id, params);
  return catalog().descriptor(id).traits.contains("files") ||
         std::any_of(nested.begin(), nested.end(),
                     [](const NestedLoss& one) { return holdsFiles(one.id, one.params); });
}

bool comparesExamples(const std::string& id, const nlohmann::json& params) {
  const auto& traits = catalog().descriptor(id).traits;
  const auto shape = traits.value("prediction", std::string());
  // What is learned with the head, centres or thresholds, is there to compare a single one with.
  const bool amongThemselves =
      (shape == "embedding" || shape == "score") && !traits.contains("learned");
  if (amongThemselves || traits.value("compares_examples", false)) return true;
  const auto nested = nestedOf(id, params);
  return std::any_of(nested.begin(), nested.end(),
                     [](const NestedLoss& one) { return comparesExamples(one.id, one.params); });
}

std::vector<std::string> attackFields(const std::string& id, const nlohmann::json& params) {
  return namedBy("made_by_attack", id, params);
}

std::string whyNotWrapped(const std::string& id, const nlohmann::json& params) {
  const auto& descriptor = catalog().descriptor(id);
  const auto reason = descriptor.traits.value("no_wrapper", std::string());
  if (!reason.empty()) return reason;
  if (isCoupled(descriptor, params))
    return id + " is coupled over the batch: it has no value of its own for a sample";
  if (isWrapper(descriptor)) return {};  // it has asked the same of its base
  for (const auto& nested : nestedOf(id, params)) {
    const auto inner = whyNotWrapped(nested.id, nested.params);
    if (!inner.empty()) return inner;
  }
  return {};
}

std::string whyNotInRuns(const std::string& id, const nlohmann::json& params,
                         const std::vector<std::string>& brought) {
  auto known = namedBy("learned", id, params);
  const auto made = namedBy("made_in_runs", id, params);
  known.insert(known.end(), made.begin(), made.end());
  const auto attack = attackFields(id, params);  // the scheme of the run is looked at elsewhere
  known.insert(known.end(), attack.begin(), attack.end());
  known.insert(known.end(), {"prediction", "target"});
  known.insert(known.end(), brought.begin(), brought.end());
  const auto has = [&](const std::string& field) {
    return std::find(known.begin(), known.end(), field) != known.end();
  };
  for (const auto& field : inputsOf(id, params))
    if (field.required && !has(field.name))
      return fmt::format("{} also reads {} ({}), which the data of this run do not bring", id,
                         field.name, field.doc);
  const auto& traits = catalog().descriptor(id).traits;
  if (const auto one = traits.find("needs_one_of"); one != traits.end())
    if (std::none_of(one->begin(), one->end(), has))
      return fmt::format("{} reads one of {}, which the data of this run do not bring", id,
                         one->dump());
  const auto shape = traits.value("prediction", std::string());
  if (shape == "slopes")
    return fmt::format("{} reads slopes as its prediction; in a run it is part of presto", id);
  for (const auto& nested : nestedOf(id, params)) {
    const auto inner = whyNotInRuns(nested.id, nested.params, brought);
    if (!inner.empty()) return inner;
  }
  return {};
}

std::vector<char> addsUp(const std::string& id, const nlohmann::json& params) {
  const auto& descriptor = catalog().descriptor(id);
  if (isWrapper(descriptor)) return {0};
  std::vector<char> terms;
  for (const auto& nested : nestedOf(id, params)) {
    const auto inner = addsUp(nested.id, nested.params);
    terms.push_back(std::all_of(inner.begin(), inner.end(), [](char adds) { return adds != 0; }));
  }
  if (terms.empty())
    return {params.value("reduction", std::string()) == "sum" ||
            holds("adds_up_when", descriptor, params)};
  const bool alike = std::count(terms.begin(), terms.end(), terms[0]) == std::ssize(terms);
  return alike ? std::vector<char>{terms[0]} : terms;
}

bool leavesOut(Missing missing, const std::string& id, const nlohmann::json& params) {
  const auto nested = nestedOf(id, params);
  if (!nested.empty())
    return std::all_of(nested.begin(), nested.end(), [&](const NestedLoss& one) {
      return leavesOut(missing, one.id, one.params);
    });
  const auto& descriptor = catalog().descriptor(id);
  if (!reads(descriptor, "target") || descriptor.traits.contains("files")) return true;
  if (missing == Missing::masked) return reads(descriptor, "mask");
  return std::any_of(descriptor.parameters.begin(), descriptor.parameters.end(),
                     [](const ParameterSpec& spec) { return spec.name == "ignore_index"; });
}

}  // namespace eq::loss
