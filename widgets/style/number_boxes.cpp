#include "widgets/style/number_boxes.h"

#include <algorithm>
#include <cmath>

#include <QFocusEvent>
#include <QKeyEvent>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QStyleOptionSpinBox>
#include <QWheelEvent>

#include "widgets/style/field_problem.h"

namespace eq::widgets {
namespace {

constexpr int kWidestText = 12;  // characters of a number that a box is made for
constexpr double kStepAtZero = 0.1;

}  // namespace

NumberBox::NumberBox(QWidget* parent) : QAbstractSpinBox(parent) {
  setKeyboardTracking(false);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumWidth(72);
  connect(this, &QAbstractSpinBox::editingFinished, this, &NumberBox::settle);
  showValue();
}

void NumberBox::setValue(double value) {
  const double before = value_;
  value_ = std::clamp(value, minimum_, maximum_);
  setProblem({});
  showValue();
  if (value_ != before) emit valueChanged(value_);
}

void NumberBox::setRange(double minimum, double maximum) {
  minimum_ = minimum;
  maximum_ = std::max(minimum, maximum);
  if (value_ < minimum_ || value_ > maximum_) setValue(value_);
  updateGeometry();
}

void NumberBox::setSuffix(const QString& suffix) {
  suffix_ = suffix;
  showValue();
  updateGeometry();
}

void NumberBox::setZeroText(const QString& words) {
  zeroText_ = words;
  showValue();
  updateGeometry();
}

QString NumberBox::shownText(double value) const {
  return value == 0 && !zeroText_.isEmpty() ? zeroText_ : textOf(value) + suffix_;
}

void NumberBox::showValue() {
  lineEdit()->setText(shownText(value_));
}

void NumberBox::showTyped(double value) {
  lineEdit()->setText(shownText(value));
}

bool NumberBox::isHalfTyped() const {
  return bare(lineEdit()->text()) != bare(shownText(value_));
}

/// Without the suffix, or the part of it that is left.
QString NumberBox::bare(const QString& text) const {
  for (auto length = suffix_.size(); length > 0; --length)
    if (text.endsWith(suffix_.left(length))) return text.chopped(length).trimmed();
  return text.trimmed();
}

void NumberBox::settle() {
  const QString text = bare(lineEdit()->text());
  if (text == bare(shownText(value_))) return setProblem({});
  const bool zero = !zeroText_.isEmpty() && (text.isEmpty() || text == zeroText_);
  const auto number = zero ? TypedNumber{0.0, {}, false} : read(text);
  if (!number.value) return setProblem(number.problem);
  if (*number.value < minimum_ || *number.value > maximum_)
    return setProblem(outOfRange(*number.value));
  setValue(*number.value);
  if (hasFocus()) selectAll();
}

QString NumberBox::outOfRange(double value) const {
  const bool below = value < minimum_;
  return tr("%1 is %2 %3")
      .arg(textOf(value), below ? tr("below") : tr("above"), textOf(below ? minimum_ : maximum_));
}

void NumberBox::setProblem(const QString& problem) {
  if (problem == problem_) return;
  problem_ = problem;
  markProblem(*this, problem);
  emit problemChanged(problem);
}

/// As QDoubleSpinBox's adaptive steps: from 12 to 13, from 100 down to 99.
double NumberBox::stepFrom(double value, bool up) const {
  if (step_ > 0) return step_;
  if (value == 0) return std::min(kStepAtZero, (maximum_ - minimum_) / 10);
  const double size = std::abs(value) / ((value > 0) == up ? 1 : 1.01);
  return std::pow(10, std::floor(std::log10(size)) - 1);
}

void NumberBox::stepBy(int steps) {
  settle();
  double value = value_;
  for (int i = 0; i < std::abs(steps); ++i)
    value += (steps > 0 ? 1 : -1) * stepFrom(value, steps > 0);
  setValue(QString::number(value, 'g', 12).toDouble());  // 0.3, not 0.30000000000000004
  selectAll();
}

QAbstractSpinBox::StepEnabled NumberBox::stepEnabled() const {
  StepEnabled enabled = StepNone;
  if (isReadOnly()) return enabled;
  enabled.setFlag(StepUpEnabled, value_ < maximum_);
  enabled.setFlag(StepDownEnabled, value_ > minimum_);
  return enabled;
}

void NumberBox::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape && isHalfTyped()) {
    setProblem({});
    showValue();
    selectAll();
    return event->accept();
  }
  QAbstractSpinBox::keyPressEvent(event);
  const bool entered = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
  if (entered && !problem_.isEmpty()) event->accept();  // no dialog goes on with it
}

/// QAbstractSpinBox takes every loss of the focus for the end of the typing.
void NumberBox::focusOutEvent(QFocusEvent* event) {
  const bool comesBack = event->reason() == Qt::PopupFocusReason ||
                         event->reason() == Qt::MenuBarFocusReason ||
                         event->reason() == Qt::ActiveWindowFocusReason;
  const QSignalBlocker blocker(comesBack ? this : nullptr);
  QAbstractSpinBox::focusOutEvent(event);
}

void NumberBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus())
    QAbstractSpinBox::wheelEvent(event);
  else
    event->ignore();
}

QSize NumberBox::sizeHint() const {
  ensurePolished();
  int width = 0;
  for (const double value : {minimum_, maximum_, value_})
    width = std::max(
        width, fontMetrics().horizontalAdvance(textOf(value).left(kWidestText) + suffix_ + "  "));
  width = std::max(width, fontMetrics().horizontalAdvance(zeroText_ + "  "));
  QStyleOptionSpinBox option;
  initStyleOption(&option);
  return style()->sizeFromContents(QStyle::CT_SpinBox, &option,
                                   {width, lineEdit()->sizeHint().height()}, this);
}

IntegerBox::IntegerBox(QWidget* parent) : NumberBox(parent) {
  setSingleStep(1);
}

QString IntegerBox::textOf(double value) const {
  return QString::number(static_cast<qint64>(value));
}

}  // namespace eq::widgets
