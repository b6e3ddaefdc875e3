#pragma once

#include <QLabel>

namespace eq::widgets {

class NumberBox;

/// The label of a box whose number can also be dragged: to the right it grows, by ten times in 200
/// pixels, from 0 by 0.01 a pixel; with Shift a tenth as fast. The box shows the number on the way
/// and takes it when the button is let go.
class ScrubLabel : public QLabel {
  Q_OBJECT

 public:
  /// \param box outlives the label.
  ScrubLabel(const QString& text, NumberBox* box, QWidget* parent = nullptr);

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;

 private:
  NumberBox* box_;
  int from_ = 0;       ///< where the button went down
  double before_ = 0;  ///< the number then
  bool dragging_ = false;
};

}  // namespace eq::widgets
