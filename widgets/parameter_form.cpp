#include "widgets/parameter_form.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QAction>
#include <QCheckBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyle>
#include <QVBoxLayout>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr double kLargestInteger = 9007199254740992;  // 2^53, the last that a spin box counts

QString toText(const json& value) {
  if (value.is_null()) return {};
  if (value.is_string()) return QString::fromStdString(value.get<std::string>());
  if (value.is_number_float()) return shortText(value.get<double>());
  if (!value.is_array()) return QString::fromStdString(value.dump());
  QStringList parts;
  for (const auto& entry : value) {
    if (!entry.is_number()) return QString::fromStdString(value.dump());
    parts << toText(entry);
  }
  return parts.join(", ");
}

bool isList(ParameterType type) {
  return type == ParameterType::numberList || type == ParameterType::integerList ||
         type == ParameterType::numberOrList;
}

struct Taken {
  json value;
  QString problem;
};

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
    return {nullptr,
            ParameterForm::tr("This is no JSON: %1").arg(what.mid(what.indexOf("] ") + 2))};
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

constexpr int kSliderSteps = 400;

/// What a slider runs over: the range, or up to four times the default where there is no end.
std::pair<double, double> sliderRange(const ParameterSpec& spec) {
  const double reach =
      4 *
      std::max(0.25, spec.defaultValue.is_number() ? std::abs(spec.defaultValue.get<double>()) : 0);
  const double upper = spec.maximum.value_or(std::max(reach, spec.minimum.value_or(0) + reach));
  const double lower = spec.minimum.value_or(-reach);
  const double step = (upper - lower) / kSliderSteps;
  return {lower + (spec.minimumOpen ? step : 0), upper - (spec.maximumOpen ? step : 0)};
}

/// Whether a value is needed and this is none, such as an empty list.
bool isMissing(const ParameterSpec& spec, const json& value) {
  const bool empty = value.is_string() ? value.get_ref<const std::string&>().empty()
                                       : value.empty();  // of a number: false
  return spec.required && empty;
}

QString help(const ParameterSpec& spec) {
  QString text = QString::fromStdString(spec.doc);
  const auto range = QString::fromStdString(rangeText(spec));
  if (!range.isEmpty()) text += QString("\nRange: %1").arg(range);
  if (!spec.unit.empty()) text += QString("\nUnit: %1").arg(QString::fromStdString(spec.unit));
  if (!spec.required) {
    const auto standard = toText(spec.defaultValue);
    text += QString("\nDefault: %1").arg(standard.isEmpty() ? "none" : standard);
  }
  return text;
}

}  // namespace

QString labelOf(const std::string& name) {
  if (name == "lr") return ParameterForm::tr("Learning rate");
  QString label = QString::fromStdString(name).replace('_', ' ');
  if (!label.isEmpty()) label[0] = label[0].toUpper();
  return label;
}

ParameterField::ParameterField(const ParameterSpec& spec, QWidget* parent)
    : QWidget(parent), spec_(spec), value_(spec.defaultValue) {
  editor_ = makeEditor();
  editor_->setToolTip(help(spec_));
  editor_->setAccessibleName(labelOf(spec_.name));
  editor_->setAccessibleDescription(QString::fromStdString(spec_.doc));
  message_ = new ProblemLabel(this);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  layout->addWidget(editor_);
  layout->addWidget(message_);
  setFocusProxy(editor_);
  showValue();
}

/// It is the editor's focus proxy: the editor loses the focus only now, and tells half a field.
ParameterField::~ParameterField() {
  editor_->blockSignals(true);
}

QWidget* ParameterField::makeEditor() {
  if (spec_.nullable) return makeText();
  switch (spec_.type) {
    case ParameterType::boolean: {
      auto* box = new QCheckBox(this);
      connect(box, &QCheckBox::clicked, this, [this](bool checked) { take(checked); });
      return box;
    }
    case ParameterType::integer:
      return makeInteger();
    case ParameterType::number:
      return makeNumber();
    case ParameterType::choice:
      return makeChoice();
    case ParameterType::file:
      return makeFile();
    default:
      return makeText();
  }
}

QWidget* ParameterField::makeInteger() {
  auto* box = new IntegerBox(this);
  box->setRange(spec_.minimum.value_or(-kLargestInteger), spec_.maximum.value_or(kLargestInteger));
  if (!spec_.unit.empty()) box->setSuffix(" " + QString::fromStdString(spec_.unit));
  connectNumber(*box);
  return box;
}

QWidget* ParameterField::makeNumber() {
  auto* box = new NumberBox(this);
  // An open end is left to the check, which says so.
  box->setRange(spec_.minimum.value_or(-1e300), spec_.maximum.value_or(1e300));
  if (!spec_.unit.empty()) box->setSuffix(" " + QString::fromStdString(spec_.unit));
  connectNumber(*box);
  return box;
}

void ParameterField::connectNumber(NumberBox& box) {
  connect(&box, &NumberBox::problemChanged, this, &ParameterField::showProblem);
  connect(&box, &NumberBox::valueChanged, this, [this](double value) {
    const bool whole = spec_.type == ParameterType::integer;
    take(whole ? json(static_cast<std::int64_t>(value)) : json(value));
  });
}

QWidget* ParameterField::makeChoice() {
  auto* box = new ChoiceBox(this);
  for (const auto& choice : spec_.choices) box->addItem(QString::fromStdString(choice));
  connect(box, &ChoiceBox::textActivated, this,
          [this](const QString& text) { take(text.toStdString()); });
  return box;
}

QWidget* ParameterField::makeText() {
  auto* line = new QLineEdit(this);
  if (spec_.nullable) line->setPlaceholderText(tr("automatic"));
  if (isList(spec_.type) && !spec_.nullable) line->setPlaceholderText(tr("1, 2, …"));
  connect(line, &QLineEdit::editingFinished, this, [this, line] { takeLine(*line); });
  return line;
}

QWidget* ParameterField::makeFile() {
  auto* line = static_cast<QLineEdit*>(makeText());
  auto* browse =
      line->addAction(style()->standardIcon(QStyle::SP_DirOpenIcon), QLineEdit::TrailingPosition);
  browse->setToolTip(tr("Choose a file"));
  connect(browse, &QAction::triggered, this, [this] {
    auto* dialog = new QFileDialog(this, labelOf(spec_.name));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
      take(file.toStdString());
      showValue();
    });
    dialog->open();
  });
  return line;
}

ParameterField::Reading ParameterField::fromText(const QString& text) const {
  const QString trimmed = text.trimmed();
  if (spec_.nullable && trimmed.isEmpty()) return {nullptr, {}};
  if (spec_.type == ParameterType::text || spec_.type == ParameterType::file)
    return {text.toStdString(), {}};
  const auto [value, problem] = [&]() -> Taken {
    if (isList(spec_.type)) return listFrom(trimmed, spec_.type);
    if (spec_.type == ParameterType::number) return numberFrom(trimmed, false);
    if (spec_.type == ParameterType::integer) return numberFrom(trimmed, true);
    return spec_.type == ParameterType::any ? anyFrom(trimmed) : jsonFrom(trimmed);
  }();
  return {value, problem};
}

void ParameterField::settle() {
  if (auto* number = qobject_cast<NumberBox*>(editor_))
    number->settle();
  else if (const auto* line = qobject_cast<QLineEdit*>(editor_))
    takeLine(*line);
}

void ParameterField::takeLine(const QLineEdit& line) {
  if (line.text() != toText(value_) || !valid()) takeText(line.text());
}

void ParameterField::takeText(const QString& text) {
  const auto [value, problem] = fromText(text);
  if (problem.isEmpty())
    take(value);
  else
    showProblem(problem);
}

void ParameterField::take(const json& value) {
  if (isMissing(spec_, value)) return demandValue();
  try {
    check(spec_, value, spec_.name);
  } catch (const Error& error) {
    showProblem(QString::fromStdString(error.what()));
    return;
  }
  showProblem({});
  if (value == value_) return;
  value_ = value;
  showSlider();
  emit edited();
}

void ParameterField::showProblem(const QString& problem) {
  problem_ = problem;
  message_->setProblem(problem);
  markProblem(*editor_, problem);
}

void ParameterField::demandValue() {
  showProblem(tr("Needs a value; until then the choice does not count"));
}

bool ParameterField::isHalfTyped() const {
  if (const auto* number = qobject_cast<const NumberBox*>(editor_)) return number->isHalfTyped();
  const auto* line = qobject_cast<const QLineEdit*>(editor_);
  return line && line->hasFocus() && line->isModified() && line->text() != toText(value_);
}

void ParameterField::setValue(const json& value) {
  if (value == value_ && (!valid() || isHalfTyped())) return;
  value_ = value;
  forgetTyped();
}

void ParameterField::forgetTyped() {
  showProblem({});
  showValue();
}

void ParameterField::showValue() {
  const QSignalBlocker blocker(editor_);
  if (auto* box = qobject_cast<QCheckBox*>(editor_)) {
    box->setChecked(value_.is_boolean() && value_.get<bool>());
  } else if (auto* number = qobject_cast<NumberBox*>(editor_)) {
    if (value_.is_number()) number->setValue(value_.get<double>());
  } else if (auto* choice = qobject_cast<ChoiceBox*>(editor_)) {
    choice->setCurrentText(toText(value_));
  } else if (auto* line = qobject_cast<QLineEdit*>(editor_)) {
    line->setText(toText(value_));
  }
  showSlider();
}

void ParameterField::addSlider() {
  auto* number = qobject_cast<NumberBox*>(editor_);
  if (!number || slider_) return;
  slider_ = new QSlider(Qt::Horizontal, this);
  slider_->setRange(0, kSliderSteps);
  slider_->setAccessibleName(tr("%1, slider").arg(labelOf(spec_.name)));
  static_cast<QVBoxLayout*>(layout())->insertWidget(1, slider_);
  connect(slider_, &QSlider::valueChanged, this, [this, number](int place) {
    const auto [lower, upper] = sliderRange(spec_);
    const double value = lower + (upper - lower) * place / kSliderSteps;
    number->setValue(spec_.type == ParameterType::integer ? std::round(value) : value);
  });
  showSlider();
}

void ParameterField::showSlider() {
  if (!slider_ || !value_.is_number()) return;
  const auto [lower, upper] = sliderRange(spec_);
  const QSignalBlocker blocker(slider_);
  const double place = (value_.get<double>() - lower) / (upper - lower) * kSliderSteps;
  slider_->setValue(static_cast<int>(std::round(std::clamp<double>(place, 0, kSliderSteps))));
}

ParameterForm::ParameterForm(std::vector<ParameterSpec> specs, QWidget* parent) : QWidget(parent) {
  auto* layout = new QFormLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
  layout->setRowWrapPolicy(QFormLayout::WrapLongRows);
  for (auto& spec : specs) {
    auto* field = new ParameterField(spec, this);
    auto* label = new QLabel(labelOf(spec.name), this);
    label->setToolTip(help(spec));
    label->setBuddy(field);
    layout->addRow(label, field);
    connect(field, &ParameterField::edited, this, &ParameterForm::edited);
    fields_.push_back(field);
  }
}

void ParameterForm::hideField(const std::string& name) {
  if (auto* found = field(name)) static_cast<QFormLayout*>(layout())->setRowVisible(found, false);
}

void ParameterForm::addSliders() {
  for (auto* field : fields_) field->addSlider();
}

void ParameterForm::setValues(const json& values) {
  given_ = values;
  for (auto* field : fields_) {
    const auto& spec = field->spec();
    field->setValue(values.contains(spec.name) ? values[spec.name] : spec.defaultValue);
  }
}

void ParameterForm::forgetTyped() {
  for (auto* field : fields_) field->forgetTyped();
}

json ParameterForm::values() const {
  json values = json::object();
  for (const auto* field : fields_) {
    const auto& spec = field->spec();
    if (spec.required || given_.contains(spec.name) || field->value() != spec.defaultValue)
      values[spec.name] = field->value();
  }
  return values;
}

bool ParameterForm::valid() const {
  return std::all_of(fields_.begin(), fields_.end(),
                     [](const ParameterField* field) { return field->valid(); });
}

ParameterField* ParameterForm::missing() const {
  for (auto* field : fields_)
    if (isMissing(field->spec(), field->value())) return field;
  return nullptr;
}

ParameterField* ParameterForm::field(const std::string& name) const {
  const auto found = std::find_if(fields_.begin(), fields_.end(), [&](const ParameterField* field) {
    return field->spec().name == name;
  });
  return found == fields_.end() ? nullptr : *found;
}

void discard(QWidget& widget) {
  for (auto* child : widget.findChildren<QWidget*>()) child->blockSignals(true);
  widget.blockSignals(true);
  widget.hide();
  widget.setParent(nullptr);
  widget.deleteLater();
}

}  // namespace eq::widgets
