#pragma once

#include <QComboBox>

namespace eq::widgets {

/// A combo box for forms that scroll and choices that take effect at once. The wheel scrolls the
/// form and never changes the choice; on the closed box arrows and letters open the list instead of
/// stepping through it, so that nothing is chosen in passing. A choice counts when it is clicked,
/// or on Return.
class ChoiceBox : public QComboBox {
  Q_OBJECT

 public:
  explicit ChoiceBox(QWidget* parent = nullptr);

 protected:
  void wheelEvent(QWheelEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  /// A letter on the closed box, after its list has been opened: goes to the entries that begin
  /// with it.
  virtual void searchFor(QKeyEvent* letter);
};

}  // namespace eq::widgets
