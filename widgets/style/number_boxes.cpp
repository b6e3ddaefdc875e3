#include "widgets/style/number_boxes.h"

#include <QToolTip>
#include <QWheelEvent>

namespace eq::widgets {
namespace {

/// QDoubleSpinBox rounds to its decimals: enough for 1e-8 with some digits.
constexpr int kDecimals = 17;

}  // namespace

QString shortText(double value) {
  return QString::number(value, 'g', 10);
}

NumberBox::NumberBox(QWidget* parent) : QDoubleSpinBox(parent) {
  setDecimals(kDecimals);
  setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
  setKeyboardTracking(false);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumWidth(72);
}

QString NumberBox::textFromValue(double value) const {
  return shortText(value);
}

QString NumberBox::bare(const QString& text) const {
  QString number = text;
  if (!suffix().isEmpty() && number.endsWith(suffix())) number.chop(suffix().size());
  return number.trimmed();
}

double NumberBox::valueFromText(const QString& text) const {
  return bare(text).toDouble();
}

QValidator::State NumberBox::validate(QString& text, int&) const {
  const QString number = bare(text);
  bool isNumber = false;
  const double value = number.toDouble(&isNumber);
  if (isNumber && value >= minimum() && value <= maximum()) return QValidator::Acceptable;
  for (const QChar sign : number)
    if (!sign.isDigit() && !QString("+-.eE").contains(sign)) return QValidator::Invalid;
  return QValidator::Intermediate;
}

void NumberBox::fixup(QString& text) const {
  bool isNumber = false;
  const double value = bare(text).toDouble(&isNumber);
  if (!isNumber || (value >= minimum() && value <= maximum())) return;
  QToolTip::showText(mapToGlobal(rect().bottomLeft()),
                     tr("%1 is out of range; it must be from %2 to %3")
                         .arg(bare(text), textFromValue(minimum()), textFromValue(maximum())));
}

void NumberBox::wheelEvent(QWheelEvent* event) {
  if (hasFocus())
    QDoubleSpinBox::wheelEvent(event);
  else
    event->ignore();
}

IntegerBox::IntegerBox(QWidget* parent) : NumberBox(parent) {
  setDecimals(0);
  setStepType(QAbstractSpinBox::DefaultStepType);
  setSingleStep(1);
}

QString IntegerBox::textFromValue(double value) const {
  return QString::number(static_cast<qint64>(value));
}

QValidator::State IntegerBox::validate(QString& text, int&) const {
  const QString number = bare(text);
  if (number.isEmpty() || number == "-") return QValidator::Intermediate;
  bool isInteger = false;
  const auto value = static_cast<double>(number.toLongLong(&isInteger));
  if (!isInteger) return QValidator::Invalid;
  return value >= minimum() && value <= maximum() ? QValidator::Acceptable
                                                  : QValidator::Intermediate;
}

}  // namespace eq::widgets
