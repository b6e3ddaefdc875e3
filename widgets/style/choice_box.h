#pragma once

#include <QComboBox>

namespace eq::widgets {

/// A combo box for forms that scroll: the wheel scrolls the form and never changes the choice.
class ChoiceBox : public QComboBox {
  Q_OBJECT

 public:
  explicit ChoiceBox(QWidget* parent = nullptr);

 protected:
  void wheelEvent(QWheelEvent* event) override;
};

}  // namespace eq::widgets
