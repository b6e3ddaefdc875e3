#include "core/train/scheme_catalog.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/train/method_text.h"
#include "core/train/scheme.h"
#include "core/train/scheme_tables.h"

namespace eq::train {
namespace {

using nlohmann::json;

std::string placeOfScheme(size_t index, size_t count) {
  return count == 1 ? "scheme" : fmt::format("scheme[{}]", index);
}

MethodSpec schemeFromJson(const json& value, const std::string& path) {
  if (!value.is_object()) fail("{}: expected an object, found {}", path, value.dump());
  const auto id = value.find("id");
  if (id == value.end()) fail("{}.id: is required and missing", path);
  if (!id->is_string()) fail("{}.id: expected a text, found {}", path, id->dump());
  MethodSpec method{id->get<std::string>(), value};
  method.params.erase("id");
  Parameters(schemeCatalog().descriptor(method.id, path + ".id").parameters, method.params, path);
  return method;
}

bool isNoScheme(const json& value) {
  return value.is_null() || value == json{{"id", ""}} || value == json::array();
}

}  // namespace

const Catalog<Scheme, const SchemeSetting&>& schemeCatalog() {
  static const Catalog<Scheme, const SchemeSetting&> table("scheme", schemeRows());
  return table;
}

std::string kindOfScheme(const std::string& id) {
  return schemeCatalog().descriptor(id, "scheme.id").traits.at("kind").get<std::string>();
}

std::vector<MethodSpec> schemesFromJson(const json& value) {
  std::vector<MethodSpec> schemes;
  if (isNoScheme(value)) return schemes;
  const auto list = value.is_array() ? value : json::array({value});
  for (size_t i = 0; i < list.size(); ++i) {
    const auto place = placeOfScheme(i, list.size());
    schemes.push_back(schemeFromJson(list[i], place));
    for (size_t j = 0; j < i; ++j)
      if (kindOfScheme(schemes[j].id) == kindOfScheme(schemes[i].id))
        fail("{}.id: {} says {} in a step, and so does {} at scheme[{}]; leave one of them out",
             place, schemes[i].id,
             kindOfScheme(schemes[i].id) == "W" ? "who trains" : "how the update is made",
             schemes[j].id, j);
  }
  return schemes;
}

json schemesToJson(const std::vector<MethodSpec>& schemes) {
  if (schemes.empty()) return nullptr;
  if (schemes.size() == 1) return toJson(schemes.front());
  auto list = json::array();
  for (const auto& scheme : schemes) list.push_back(toJson(scheme));
  return list;
}

std::int64_t balancedRows(const std::vector<MethodSpec>& schemes, std::int64_t tasks) {
  for (const auto& scheme : schemes) {
    const auto& descriptor = schemeCatalog().descriptor(scheme.id, "scheme.id");
    const auto rows = descriptor.traits.find("rows");
    if (rows == descriptor.traits.end()) continue;
    const Parameters parameters(descriptor.parameters, scheme.params, "scheme");
    return std::min(tasks, parameters.integer(rows->get<std::string>()));
  }
  return tasks;
}

std::vector<std::unique_ptr<Scheme>> makeSchemes(const SchemeSetting& setting) {
  std::vector<std::unique_ptr<Scheme>> made;
  const auto& specs = setting.experiment.schemes;
  for (size_t i = 0; i < specs.size(); ++i) {
    auto own = setting;
    own.path = placeOfScheme(i, specs.size());
    if (setting.experiment.model.id == "point")
      fail("{}.id: {} trains on examples, and the model point has none; leave the scheme out",
           own.path, specs[i].id);
    made.push_back(schemeCatalog().create(specs[i].id, specs[i].params, own.path, own));
  }
  return made;
}

std::string problemOfSchemes(SchemeSetting setting, const std::vector<MethodSpec>& schemes) {
  auto experiment = setting.experiment;
  try {
    experiment.schemes = schemesFromJson(schemesToJson(schemes));
    makeSchemes({experiment, std::move(setting.tasks), std::move(setting.sizes)});
    return {};
  } catch (const Error& error) {
    return error.what();
  }
}

std::string schemesInWords(const std::vector<MethodSpec>& schemes) {
  std::vector<std::string> titles;
  for (const auto& scheme : schemes) titles.push_back(inWords(scheme));
  return titles.empty() ? "none" : fmt::format("{}", fmt::join(titles, " and "));
}

}  // namespace eq::train
