#pragma once

#include <QWidget>

class QProgressBar;

namespace eq::widgets {

/// How far an evaluation is, with a button to end it; not there while nothing goes on.
class WorkBar : public QWidget {
  Q_OBJECT

 public:
  explicit WorkBar(QWidget* parent = nullptr);

  void begin();
  void setProgress(int done, int all);

 signals:
  void cancelled();

 private:
  QProgressBar* bar_;
};

}  // namespace eq::widgets
