#include "widgets/experiment/scheme_slot.h"

#include <algorithm>
#include <utility>

#include <QRegularExpression>

#include "core/train/scheme_catalog.h"

namespace eq::widgets {
namespace {

using nlohmann::json;
using train::MethodSpec;

/// What a scheme cannot do without, as a beginning to be changed.
json beginningOf(const std::string& id, const SchemePlace& place) {
  json params = json::object();
  for (const auto& spec : train::schemeCatalog().descriptor(id).parameters) {
    if (!spec.required) continue;
    if (spec.name == "first" && !place.experiment.tasks.empty())
      params[spec.name] = {place.experiment.tasks.front().name};
    if (spec.name == "steps") params[spec.name] = 100;
  }
  return params;
}

/// Why the experiment cannot have the scheme; nothing is said before the tasks are known.
std::string problemOf(const std::string& kind, SchemePlace place, const MethodSpec& scheme) {
  if (scheme.id.empty() || place.tasks.empty() ||
      place.tasks.size() < place.experiment.tasks.size())
    return {};
  schemeOf(place.experiment, kind) = scheme;
  dropEmptySchemes(place.experiment);
  const std::vector<std::int64_t> sizes(place.tasks.size(), 1);
  const auto problem =
      train::problemOfSchemes({place.experiment, place.tasks, sizes}, place.experiment.schemes);
  const auto text = withoutSchemePlace(QString::fromStdString(problem), scheme.id).toStdString();
  if (!text.starts_with(scheme.id + " ")) return text;
  return train::schemeCatalog().descriptor(scheme.id).title + text.substr(scheme.id.size());
}

}  // namespace

std::vector<const Descriptor*> schemesOfKind(const std::string& kind) {
  auto all = train::schemeCatalog().descriptors();
  std::erase_if(all, [&](const Descriptor* one) { return one->traits.at("kind") != kind; });
  return all;
}

MethodSpec& schemeOf(train::Experiment& experiment, const std::string& kind) {
  for (auto& scheme : experiment.schemes)
    if (train::schemeCatalog().contains(scheme.id) && train::kindOfScheme(scheme.id) == kind)
      return scheme;
  return experiment.schemes.emplace_back();
}

void dropEmptySchemes(train::Experiment& experiment) {
  std::erase_if(experiment.schemes, [](const MethodSpec& scheme) { return scheme.id.empty(); });
}

QString withoutSchemePlace(const QString& reason, const std::string& id) {
  static const QRegularExpression kWhole("^scheme(\\[\\d\\])?(\\.id)?: ");
  static const QRegularExpression kPart("^scheme(\\[\\d\\])?\\.");
  auto text = reason;
  if (kWhole.match(reason).hasMatch()) return text.remove(kWhole);
  return text.replace(kPart, QString::fromStdString(id) + ".");
}

MethodRules schemeRules(const std::string& kind, std::function<SchemePlace()> place) {
  MethodRules rules;
  rules.problem = [=](const MethodSpec& scheme) { return problemOf(kind, place(), scheme); };
  rules.unfit = [=](const std::string& id) -> std::string {
    if (id.empty()) return {};
    const auto here = place();
    return problemOf(kind, here, {id, beginningOf(id, here)});
  };
  rules.known = [=](const std::string& id, const MethodSpec&) {
    return id.empty() ? json::object() : beginningOf(id, place());
  };
  return rules;
}

}  // namespace eq::widgets
