#pragma once

#include <cstdint>
#include <functional>

#include <QObject>
#include <QString>

#include "core/train/experiment.h"

class QWidget;

namespace eq::widgets {
class ExperimentPanel;
class PlotLink;
class RunData;
}  // namespace eq::widgets

namespace eq::app {

/// A recorded run that is looked at: the panel shows what was in force at the cursor's step, at the
/// last one without a cursor, and cannot be changed. A copy can: as the run began, or as it stood.
class RecordedRun : public QObject {
  Q_OBJECT

 public:
  /// All outlive it.
  RecordedRun(widgets::ExperimentPanel& panel, widgets::RunData& data, widgets::PlotLink& link,
              QObject* parent = nullptr);

  /// \pre the data hold the run.
  void open(const QString& name);
  void close() { open_ = false; }
  /// After close(), when the data still hold the run.
  void reopen() { open_ = true; }
  /// The run has grown.
  void refresh() {
    if (open_) show();
  }
  bool isOpen() const { return open_; }
  train::Experiment asBegun() const;
  train::Experiment asEnded() const;

  /// Starts anew: as it began or as it ended, which is asked for where they differ.
  void start(QWidget* parent, const std::function<void(const train::Experiment&)>& start) const;

 private:
  void show();
  void edit(const train::Experiment& experiment);
  std::int64_t step() const;

  widgets::ExperimentPanel& panel_;
  widgets::RunData& data_;
  widgets::PlotLink& link_;
  bool open_ = false;
  QString name_;
};

}  // namespace eq::app
