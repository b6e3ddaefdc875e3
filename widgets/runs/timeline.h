#pragma once

#include <QWidget>

class QLineEdit;
class QTreeWidget;

namespace eq::widgets {

class RunData;
class PlotLink;

/// What happened in the run: swaps, changed rates, checkpoints, non-finite values, notes. A click
/// puts the plots' cursor there.
class Timeline : public QWidget {
  Q_OBJECT

 public:
  Timeline(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Notes can be made while a run goes on.
  void setRunning(bool running);
  int count() const;

 signals:
  void noteRequested(const QString& text);
  void forkRequested(qint64 step);
  /// A fork that does not have the changes of this step.
  void undoRequested(qint64 step);

 private:
  void restart();
  void refresh();
  void showMenu(const QPoint& place);

  const RunData& data_;
  PlotLink& link_;
  QTreeWidget* list_;
  QLineEdit* note_;
  std::size_t shown_ = 0;
};

}  // namespace eq::widgets
