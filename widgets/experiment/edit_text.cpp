#include "widgets/experiment/edit_text.h"

#include <utility>

#include <QStringList>

#include "core/train/command.h"
#include "core/train/method_text.h"
#include "widgets/parameter_form.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr int kMostParts = 2, kLongestValue = 24, kLongest = 70;  // characters

QString partText(const json& value) {
  if (value.is_null()) return ParameterForm::tr("none");
  if (value.is_number_float()) return shortText(value.get<double>());
  const auto text = value.is_string() ? value.get<std::string>() : value.dump();
  return shortName(QString::fromStdString(text), kLongestValue);
}

train::MethodSpec asMethod(json value) {
  const auto id = value.value("id", std::string());
  value.erase("id");
  return {id, std::move(value)};
}

/// The parts that differ, by their names; lists of objects are told by their name alone.
void addChanges(const QString& name, const json& before, const json& after, QStringList& parts) {
  if (before == after) return;
  if (before.is_object() && after.is_object() && before.value("id", "") == after.value("id", "")) {
    json all = before;
    all.update(after);
    for (const auto& [key, value] : all.items())
      addChanges((name.isEmpty() ? QString() : name + " ") + labelOf(key).toLower(),
                 before.value(key, json()), after.value(key, json()), parts);
    return;
  }
  if (before.is_object() && after.is_object()) {
    parts << name + " " +
                 QString::fromStdString(train::changeInWords(asMethod(before), asMethod(after)));
    return;
  }
  const bool lengthy = before.is_structured() || after.is_structured();
  parts << (lengthy ? name : QString("%1 %2 → %3").arg(name, partText(before), partText(after)));
}

}  // namespace

QString editText(const train::Experiment& before, const train::Experiment& after) {
  const auto commands = train::commandsBetween(before, after);
  if (commands && commands->size() == 1)
    return shortName(QString::fromStdString(train::describe(before, commands->front())), kLongest);
  QStringList parts;
  addChanges({}, train::toJson(before), train::toJson(after), parts);
  const auto more = parts.size() - kMostParts;
  QString text = parts.mid(0, kMostParts).join(", ");
  if (more > 0) text += ParameterForm::tr(" and %1 more").arg(more);
  return shortName(text, kLongest);
}

}  // namespace eq::widgets
