#pragma once

#include <QFrame>

class QLabel;
class QProgressBar;

namespace eq::widgets {
class Session;
}

namespace eq::app {

/// While a fork makes steps of its parent again: how far it is, and a button that ends it.
class ReplayBar : public QFrame {
  Q_OBJECT

 public:
  /// \param session outlives the bar.
  explicit ReplayBar(widgets::Session& session, QWidget* parent = nullptr);

 private:
  void show(qint64 step, qint64 last);

  QLabel* text_;
  QProgressBar* progress_;
};

}  // namespace eq::app
