#include "widgets/session/experiment_fields.h"

#include <algorithm>
#include <set>
#include <utility>

#include <QObject>

#include "core/base/number_text.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kLongestValue = 24;  // characters

std::vector<nlohmann::json> flatFields(const std::vector<const train::Experiment*>& experiments) {
  std::vector<nlohmann::json> out;
  for (const auto* experiment : experiments)
    out.push_back(ExperimentFields::fieldsOf(train::toJson(*experiment)));
  return out;
}

/// What was chosen stands before its parameters, which differ because of it.
std::vector<std::string> choicesFirst(std::vector<std::string> paths) {
  std::stable_partition(paths.begin(), paths.end(), [](const std::string& path) {
    return path.ends_with("/id") || path.ends_with(".id");
  });
  return paths;
}

}  // namespace

nlohmann::json ExperimentFields::fieldsOf(nlohmann::json experiment) {
  experiment.erase("name");
  experiment.erase("description");
  return experiment.flatten();
}

ExperimentFields::ExperimentFields(const std::vector<const train::Experiment*>& experiments)
    : ExperimentFields(flatFields(experiments)) {}

ExperimentFields::ExperimentFields(std::vector<nlohmann::json> fields)
    : fields_(std::move(fields)) {
  std::set<std::string> paths;
  for (const auto& one : fields_)
    for (const auto& [path, value] : one.items()) paths.insert(path);
  for (const auto& path : paths)
    for (std::size_t i = 1; i < fields_.size(); ++i)
      if (value(i, path) != value(0, path)) {
        differing_.push_back(path);
        break;
      }
}

nlohmann::json ExperimentFields::value(std::size_t experiment, const std::string& path) const {
  const auto found = fields_[experiment].find(path);
  return found == fields_[experiment].end() ? nlohmann::json() : *found;
}

QStringList ExperimentFields::telling() const {
  std::vector<QStringList> told(fields_.size());
  std::size_t kinds = 1;
  for (const auto& path : choicesFirst(differing_)) {
    auto more = told;
    for (std::size_t i = 0; i < more.size(); ++i) more[i] << fieldText(path, value(i, path));
    const auto found = std::set<QStringList>(more.begin(), more.end()).size();
    if (found <= kinds) continue;  // of tasks that have all the same loss it is told once
    kinds = found;
    told = std::move(more);
  }
  QStringList out;
  for (const auto& texts : told) out << texts.join(", ");
  return out;
}

QString fieldTitle(const std::string& path) {
  QString out;
  for (const QString& part : QString::fromStdString(path).split('/', Qt::SkipEmptyParts)) {
    bool place = false;
    part.toInt(&place);
    out += place ? "[" + part + "]" : (out.isEmpty() ? "" : ".") + part;
  }
  return shownName(out);
}

QString fieldText(const std::string& path, const nlohmann::json& value) {
  const auto place = std::max(path.rfind('/') + 1, path.rfind('.') + 1);  // npos + 1 is 0
  const auto field = shownName(path.substr(place));
  QString text;
  if (value.is_number_float())
    text = QString::fromStdString(numberText(value.get<double>()));
  else if (value.is_string())
    text = shownName(value.get<std::string>());
  else if (value.is_null())
    text = QObject::tr("none");
  else
    text = QString::fromStdString(value.dump());
  text = shortName(text, kLongestValue);
  return field == "id" ? text : field + " " + text;
}

}  // namespace eq::widgets
