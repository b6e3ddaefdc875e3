#include "widgets/parameter_field.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QAction>
#include <QCheckBox>
#include <QFileDialog>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyle>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "widgets/nested_methods.h"
#include "widgets/parameter_text.h"
#include "widgets/style/choice_box.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr double kLargestInteger = 9007199254740992;  // 2^53, the last that a spin box counts
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
bool lacksValue(const ParameterSpec& spec, const json& value) {
  const bool empty = value.is_string() ? value.get_ref<const std::string&>().empty()
                                       : value.empty();  // of a number: false
  return spec.required && empty;
}

}  // namespace

ParameterField::ParameterField(const ParameterSpec& spec, QWidget* parent)
    : QWidget(parent), spec_(spec), value_(spec.defaultValue) {
  editor_ = makeEditor();
  editor_->setToolTip(parameterHelp(spec_));
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
    case ParameterType::object:
    case ParameterType::objectList:
      return makeNested();
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
  connect(&box, &NumberBox::problemChanged, this, &ParameterField::setProblem);
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

QWidget* ParameterField::makeNested() {
  auto* nested = new NestedMethods(spec_.type == ParameterType::objectList, this);
  connect(nested, &NestedMethods::edited, this, [this, nested] { take(nested->value()); });
  return nested;
}

void ParameterField::setRules(const MethodRules& rules) {
  if (auto* nested = qobject_cast<NestedMethods*>(editor_)) nested->setRules(rules);
}

bool ParameterField::isMissing() const {
  return lacksValue(spec_, value_);
}

void ParameterField::settle() {
  if (auto* number = qobject_cast<NumberBox*>(editor_))
    number->settle();
  else if (const auto* line = qobject_cast<QLineEdit*>(editor_))
    takeLine(*line);
}

void ParameterField::takeLine(const QLineEdit& line) {
  if (line.text() != parameterText(value_) || !valid()) takeText(line.text());
}

void ParameterField::takeText(const QString& text) {
  const auto [value, problem] = readParameter(spec_, text);
  if (problem.isEmpty())
    take(value);
  else
    setProblem(problem);
}

void ParameterField::take(const json& value) {
  if (lacksValue(spec_, value)) return demandValue();
  try {
    check(spec_, value, spec_.name);
  } catch (const Error& error) {
    return setProblem(QString::fromStdString(error.what()));
  }
  if (value == value_) return setProblem(outside_);
  outside_.clear();
  setProblem({});
  value_ = value;
  showSlider();
  emit edited();
}

void ParameterField::setProblem(const QString& problem) {
  problem_ = problem;
  message_->setProblem(problem);
  markProblem(*editor_, problem);
}

void ParameterField::showProblem(const QString& problem) {
  outside_ = problem;
  setProblem(problem);
}

void ParameterField::forgetProblem() {
  if (!outside_.isEmpty()) showProblem({});
}

void ParameterField::demandValue() {
  setProblem(tr("Needs a value; until then the choice does not count"));
}

bool ParameterField::isHalfTyped() const {
  if (const auto* number = qobject_cast<const NumberBox*>(editor_)) return number->isHalfTyped();
  const auto* line = qobject_cast<const QLineEdit*>(editor_);
  return line && line->hasFocus() && line->isModified() && line->text() != parameterText(value_);
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
    choice->setCurrentText(parameterText(value_));
  } else if (auto* nested = qobject_cast<NestedMethods*>(editor_)) {
    nested->setValue(value_);
  } else if (auto* line = qobject_cast<QLineEdit*>(editor_)) {
    line->setText(parameterText(value_));
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

}  // namespace eq::widgets
