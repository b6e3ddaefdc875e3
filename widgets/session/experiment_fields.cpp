#include "widgets/session/experiment_fields.h"

#include <QObject>

#include <set>

#include <QStringList>

#include "core/base/number_text.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kLongestValue = 24;  // characters

}  // namespace

ExperimentFields::ExperimentFields(const std::vector<const train::Experiment*>& experiments) {
  std::set<std::string> paths;
  for (const auto* experiment : experiments) {
    auto all = train::toJson(*experiment);
    all.erase("name");
    all.erase("description");
    fields_.push_back(all.flatten());
    for (const auto& [path, value] : fields_.back().items()) paths.insert(path);
  }
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
  const auto field = shownName(QString::fromStdString(path).section('/', -1));
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
