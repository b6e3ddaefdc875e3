#include "widgets/session/run_quantity.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "core/base/number_text.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kTold = 5;      // digits
constexpr double kWide = 30;  // the greatest value over the least
constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// None where the run has no value.
std::optional<QString> textIn(const train::SeriesValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return shownName(*text);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? QString("yes") : QString("no");
  if (const auto* number = std::get_if<double>(&value)) return shortText(*number);
  return std::nullopt;
}

bool isWord(const train::SeriesValue& value) {
  return std::holds_alternative<std::string>(value) || std::holds_alternative<bool>(value);
}

/// By name, so that an axis stays the same while runs come and go.
QuantityValues asCategories(const std::vector<train::SeriesValue>& found) {
  std::map<QString, double> places;
  for (const auto& value : found)
    if (const auto text = textIn(value)) places[*text] = 0;
  QuantityValues out;
  for (auto& [text, place] : places) {
    place = static_cast<double>(out.categories.size());
    out.categories << text;
  }
  for (const auto& value : found) {
    const auto text = textIn(value);
    out.values.push_back(text ? places.at(*text) : kNone);
  }
  return out;
}

/// Those that all runs have first. Values are interned: equal ones are one object.
std::vector<std::string> differingFields(const std::vector<study::IndexedRunPtr>& runs) {
  struct Field {
    const nlohmann::json* first;
    std::size_t count = 0;
    bool differs = false;
  };
  std::map<std::string, Field> fields;
  for (const auto& run : runs)
    for (std::size_t i = 0; i < run->fields.size(); ++i) {
      auto& field = fields.try_emplace(run->layout->fields[i], Field{run->fields[i]}).first->second;
      ++field.count;
      field.differs = field.differs || field.first != run->fields[i];
    }
  for (const char* name : {"name", "description"}) fields.erase(name);
  std::vector<std::string> whole, partly;
  for (const auto& [name, field] : fields)
    if (field.differs) (field.count == runs.size() ? whole : partly).push_back(name);
  whole.insert(whole.end(), partly.begin(), partly.end());
  return whole;
}

/// Which runs have the same value: the place of the first that has it, one a run.
std::vector<std::size_t> kindsBy(const std::string& field,
                                 const std::vector<study::IndexedRunPtr>& runs) {
  std::map<const nlohmann::json*, std::size_t> places;
  std::vector<std::size_t> out;
  for (const auto& run : runs)
    out.push_back(places.try_emplace(study::fieldOf(*run, field), out.size()).first->second);
  return out;
}

}  // namespace

train::SeriesExpression quantityFrom(const QString& text, const std::vector<std::string>& names,
                                     std::string_view place) {
  auto quantity = train::parseSeriesExpression(text.trimmed().toStdString(), std::string(place));
  study::requireIndexed(quantity, place);
  if (!names.empty()) train::requireKnown(quantity, names, std::string(place));
  return quantity;
}

QStringList offeredQuantities(const std::vector<std::string>& names) {
  QStringList series, fields;
  for (const auto& name : names) {
    const auto text = QString::fromStdString(name);
    if (name.starts_with("validation") || name.starts_with("test"))
      series << text << QString("best(%1)").arg(text);
    else
      fields << text;
  }
  return series + fields;
}

UsualQuantities usualQuantities(const std::vector<study::IndexedRunPtr>& runs, std::size_t most) {
  UsualQuantities out;
  std::set<std::vector<std::size_t>> kinds;
  for (const auto& name : differingFields(runs)) {
    const auto text = QString::fromStdString(name);
    if (out.shown.size() < most && kinds.insert(kindsBy(name, runs)).second)
      out.shown.push_back(text);
    else
      out.others << text;
  }
  std::set<std::string> metrics;
  for (const auto& run : runs)
    for (const auto& name : run->layout->series)
      if (name.starts_with("validation") && !name.ends_with(".loss")) metrics.insert(name);
  if (!metrics.empty()) out.shown.push_back(QString("best(%1)").arg(metrics.begin()->c_str()));
  return out;
}

QuantityValues valuesOf(const train::SeriesExpression& quantity,
                        const std::vector<study::IndexedRunPtr>& runs) {
  std::vector<train::SeriesValue> found;
  bool words = false;
  for (const auto& run : runs) {
    found.push_back(study::valueFor(quantity, *run));
    words = words || isWord(found.back());
  }
  if (words) return asCategories(found);
  QuantityValues out;
  for (const auto& value : found) {
    const auto* number = std::get_if<double>(&value);
    out.values.push_back(number ? *number : kNone);
  }
  return out;
}

bool isWideField(const QString& quantity, const QuantityValues& of,
                 const std::vector<study::IndexedRunPtr>& runs) {
  if (!of.categories.isEmpty()) return false;
  const auto field = quantity.toStdString();
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const double value = of.values[i];
    if (std::isnan(value)) continue;
    if (value <= 0 || !study::fieldOf(*runs[i], field)) return false;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  return most >= kWide * least;
}

QString quantityText(const QuantityValues& of, double value) {
  if (of.categories.isEmpty()) return QString::fromStdString(numberText(value, kTold));
  return of.categories.value(static_cast<qsizetype>(std::llround(value)));
}

}  // namespace eq::widgets
