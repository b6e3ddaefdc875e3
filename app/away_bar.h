#pragma once

#include <QFrame>

namespace eq::widgets {
class ElidedLabel;
}

namespace eq::app {

/// Stands above the plots while a recorded run is shown and another is trained: says which is
/// which, and leads back. Hidden else.
class AwayBar : public QFrame {
  Q_OBJECT

 public:
  explicit AwayBar(QWidget* parent = nullptr);

  void show(const QString& shown, const QString& training);

 signals:
  void backRequested();

 private:
  widgets::ElidedLabel* text_;
};

}  // namespace eq::app
