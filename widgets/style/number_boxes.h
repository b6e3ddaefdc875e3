#pragma once

#include <QDoubleSpinBox>
#include <QString>

class QWheelEvent;

namespace eq::widgets {

/// The shortest text that reads back to the same number, up to ten digits: "0.001", "1e-08".
QString shortText(double value);

/// A number of any size: shown short, typed freely ("1e-3"), stepped in its own order of
/// magnitude. Its value changes when the text is finished, not at every key.
class NumberBox : public QDoubleSpinBox {
  Q_OBJECT

 public:
  explicit NumberBox(QWidget* parent = nullptr);

 protected:
  QString textFromValue(double value) const override;
  double valueFromText(const QString& text) const override;
  QValidator::State validate(QString& text, int& position) const override;
  /// Says between what a number must lie that is out of range; the former one comes back.
  void fixup(QString& text) const override;
  /// Scrolling a form must not change what lies under the mouse.
  void wheelEvent(QWheelEvent* event) override;

  /// The text without the suffix.
  QString bare(const QString& text) const;
};

/// The same for whole numbers up to 2^53.
class IntegerBox : public NumberBox {
  Q_OBJECT

 public:
  explicit IntegerBox(QWidget* parent = nullptr);

 protected:
  QString textFromValue(double value) const override;
  QValidator::State validate(QString& text, int& position) const override;
};

}  // namespace eq::widgets
