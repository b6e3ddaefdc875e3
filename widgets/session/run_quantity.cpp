#include "widgets/session/run_quantity.h"

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

constexpr int kTold = 5;  // digits
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

/// Values are interned: equal ones are one object.
std::vector<QString> usualQuantities(const std::vector<study::IndexedRunPtr>& runs,
                                     std::size_t most) {
  std::map<std::string, const nlohmann::json*> first;
  std::set<std::string> differing, metrics;
  for (const auto& run : runs) {
    for (std::size_t i = 0; i < run->fields.size(); ++i) {
      const auto& name = run->layout->fields[i];
      if (first.try_emplace(name, run->fields[i]).first->second != run->fields[i])
        differing.insert(name);
    }
    for (const auto& name : run->layout->series)
      if (name.starts_with("validation") && !name.ends_with(".loss")) metrics.insert(name);
  }
  std::vector<QString> axes;
  for (const auto& name : differing)
    if (name != "name" && name != "description" && axes.size() < most)
      axes.push_back(QString::fromStdString(name));
  if (!metrics.empty()) axes.push_back(QString("best(%1)").arg(metrics.begin()->c_str()));
  return axes;
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

QString quantityText(const QuantityValues& of, double value) {
  if (of.categories.isEmpty()) return QString::fromStdString(numberText(value, kTold));
  return of.categories.value(static_cast<qsizetype>(std::llround(value)));
}

}  // namespace eq::widgets
