#pragma once

#include <QLabel>

namespace eq::widgets {

/// One line that gives way: what does not fit ends in dots and stands whole in the tool tip.
class ElidedLabel : public QLabel {
  Q_OBJECT

 public:
  explicit ElidedLabel(QWidget* parent = nullptr);

  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace eq::widgets
