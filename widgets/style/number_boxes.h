#pragma once

#include <limits>

#include <QAbstractSpinBox>
#include <QString>

#include "widgets/style/typed_number.h"

class QWheelEvent;

namespace eq::widgets {

/// A number of any size: shown short, typed freely in the habits of any place (readNumber), stepped
/// in its own order of magnitude. The value changes when the text is finished, by Enter or by
/// leaving the box, never at a key, nor when a menu or another program is in between. A text that
/// is no number, or is out of range, stays as typed: framed, with the reason as tool tip and for
/// screen readers; the value stays what it was. Escape brings its text back.
class NumberBox : public QAbstractSpinBox {
  Q_OBJECT
  Q_PROPERTY(double value READ value WRITE setValue NOTIFY valueChanged USER true)
  Q_PROPERTY(double minimum READ minimum)
  Q_PROPERTY(double maximum READ maximum)

 public:
  explicit NumberBox(QWidget* parent = nullptr);

  double value() const { return value_; }
  /// Shows a value, within the range; forgets what was typed.
  void setValue(double value);
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  void setRange(double minimum, double maximum);
  void setMaximum(double maximum) { setRange(minimum_, maximum); }
  /// The step of the arrows; 0: a tenth of the value's order of magnitude.
  void setSingleStep(double step) { step_ = step; }
  /// Behind the number: " mm". May be typed or left out.
  void setSuffix(const QString& suffix);
  /// What 0 reads, such as "no limit"; may be typed, as may nothing at all.
  void setZeroText(const QString& words);
  /// Why the text that stands there does not count; empty when it does.
  QString problem() const { return problem_; }
  /// Shows a number as if it was typed: it does not count before settle().
  void showTyped(double value);
  /// Takes what is typed, as leaving the box does.
  void settle();
  /// Whether the text is another than that of the value.
  bool isHalfTyped() const;

  void stepBy(int steps) override;
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 signals:
  /// By the user or by setValue().
  void valueChanged(double value);
  void problemChanged(const QString& problem);

 protected:
  virtual QString textOf(double value) const { return shortText(value); }
  virtual TypedNumber read(const QString& text) const { return readNumber(text); }
  StepEnabled stepEnabled() const override;
  void keyPressEvent(QKeyEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;
  /// Scrolling a form must not change what lies under the mouse.
  void wheelEvent(QWheelEvent* event) override;

 private:
  void showValue();
  QString shownText(double value) const;
  void setProblem(const QString& problem);
  QString bare(const QString& text) const;
  QString outOfRange(double value) const;
  double stepFrom(double value, bool up) const;

  double value_ = 0;
  double minimum_ = std::numeric_limits<double>::lowest();
  double maximum_ = std::numeric_limits<double>::max();
  double step_ = 0;
  QString suffix_, zeroText_, problem_;
};

/// The same for whole numbers up to 2^53.
class IntegerBox : public NumberBox {
  Q_OBJECT

 public:
  explicit IntegerBox(QWidget* parent = nullptr);

 protected:
  QString textOf(double value) const override;
  TypedNumber read(const QString& text) const override { return readInteger(text); }
};

}  // namespace eq::widgets
