#include "widgets/parameter_text.h"

#include <algorithm>
#include <array>

#include <QCoreApplication>
#include <QStringList>

#include "core/base/descriptor.h"
#include "core/train/method_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

QString translated(const char* text) {
  return QCoreApplication::translate("ParameterForm", text);
}

using Taken = ParameterReading;

Taken listFrom(const QString& text, ParameterType type) {
  const bool whole = type == ParameterType::integerList;
  const auto list = whole ? readIntegers(text) : readNumbers(text);
  json values = json::array();
  for (const double value : list.values)
    values.push_back(whole ? json(static_cast<std::int64_t>(value)) : json(value));
  const bool single = type == ParameterType::numberOrList && values.size() == 1;
  return {single ? values[0] : values, list.problem};
}

Taken numberFrom(const QString& text, bool whole) {
  const auto number = whole ? readInteger(text) : readNumber(text);
  if (!number.value) return {nullptr, number.problem};
  return {whole ? json(static_cast<std::int64_t>(*number.value)) : json(*number.value), {}};
}

Taken jsonFrom(const QString& text) {
  try {
    return {json::parse(text.toStdString()), {}};
  } catch (const json::exception& error) {
    const QString what = error.what();
    return {nullptr, translated("This is no JSON: %1").arg(what.mid(what.indexOf("] ") + 2))};
  }
}

/// Whatever the method checks itself: a list or an object in JSON, a number, or a text.
Taken anyFrom(const QString& text) {
  const QChar first = text.isEmpty() ? QChar() : text[0];
  if (QString("[{\"").contains(first)) return jsonFrom(text);
  const auto parsed = json::parse(text.toStdString(), nullptr, false);
  if (!parsed.is_discarded()) return {parsed, {}};
  return first.isDigit() ? numberFrom(text, false) : Taken{text.toStdString(), {}};
}

}  // namespace

QString parameterText(const json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return QString::fromStdString(value.get<std::string>());
  if (value.is_number_float()) return shortText(value.get<double>());
  if (!value.is_array()) return QString::fromStdString(value.dump());
  QStringList parts;
  for (const auto& entry : value) {
    if (!entry.is_number()) return QString::fromStdString(value.dump());
    parts << parameterText(entry);
  }
  return parts.join(", ");
}

bool isList(ParameterType type) {
  return type == ParameterType::numberList || type == ParameterType::integerList ||
         type == ParameterType::numberOrList;
}

QString labelOf(const std::string& name) {
  QString label = QString::fromStdString(train::nameInWords(name));
  if (!label.isEmpty()) label[0] = label[0].toUpper();
  return label;
}

QString parameterHelp(const ParameterSpec& spec) {
  QString text = QString::fromStdString(spec.doc);
  const auto range = QString::fromStdString(rangeText(spec));
  if (!range.isEmpty()) text += QString("\nRange: %1").arg(range);
  if (!spec.unit.empty()) text += QString("\nUnit: %1").arg(QString::fromStdString(spec.unit));
  if (!spec.required) {
    const auto standard = parameterText(spec.defaultValue);
    text += QString("\nDefault: %1").arg(standard.isEmpty() ? "none" : standard);
  }
  return text;
}

ParameterReading readParameter(const ParameterSpec& spec, const QString& text) {
  const QString trimmed = text.trimmed();
  if (spec.nullable && trimmed.isEmpty()) return {nullptr, {}};
  if (spec.type == ParameterType::text || spec.type == ParameterType::file)
    return {text.toStdString(), {}};
  const auto [value, problem] = [&]() -> Taken {
    if (isList(spec.type)) return listFrom(trimmed, spec.type);
    if (spec.type == ParameterType::number) return numberFrom(trimmed, false);
    if (spec.type == ParameterType::integer) return numberFrom(trimmed, true);
    return spec.type == ParameterType::any ? anyFrom(trimmed) : jsonFrom(trimmed);
  }();
  return {value, problem};
}

bool isAdvanced(const std::string& name) {
  static constexpr std::array kAdvanced{
      "ignore_index", "reduction",     "output_scale", "weight_heads",    "granularity",
      "sha256",       "per_image",     "tolerance",    "max_iterations",  "smooth_nr",
      "smooth_dr",    "zero_negative", "beta1",        "beta2",           "view_noise",
      "view_drop",    "view_shift",    "threads",      "checkpoint_every"};
  return std::find(kAdvanced.begin(), kAdvanced.end(), name) != kAdvanced.end();
}

}  // namespace eq::widgets
