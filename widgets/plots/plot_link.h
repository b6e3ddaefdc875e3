#pragma once

#include <functional>
#include <optional>

#include <QObject>
#include <QString>

#include "core/study/band.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"

namespace eq::widgets {

struct XRange {
  double lower = 0, upper = 1;
  bool operator==(const XRange&) const = default;
};

/// How groups of runs are drawn, and what of all runs.
struct GroupStyle {
  study::Centre centre = study::Centre::mean;
  study::Spread spread = study::Spread::deviation;
  bool members = true;       ///< pale; else hidden
  bool differences = false;  ///< to the baseline, where there is one
  bool operator==(const GroupStyle&) const = default;
};

/// A setting of the plots that a person has changed, and how it is changed back.
struct PlotEdit {
  QString text;  ///< goes on after "Undo": "logarithmic y axis of Losses"
  std::function<void()> again, back;
  QString key = {};  ///< see DoneEdit
};

/// What all plots of a window share: the runs that are shown, unit and range of the x axis, the
/// cursor, the smoothing.
class PlotLink : public QObject {
  Q_OBJECT

 public:
  explicit PlotLink(QObject* parent = nullptr);

  /// What is shown beside the run in focus; by default nothing. \param runs outlive the link.
  void setRuns(ShownRuns& runs);
  /// Null: the plots show the run in focus alone.
  ShownRuns* runs() const { return runs_; }

  const GroupStyle& groupStyle() const { return groupStyle_; }
  void setGroupStyle(const GroupStyle& style);

  XUnit unit() const { return unit_; }
  /// Forgets cursor and range: they counted something else.
  void setUnit(XUnit unit);

  /// None while the mouse is over no plot.
  std::optional<double> cursor() const { return cursor_; }
  void setCursor(std::optional<double> x);

  /// None: every plot shows all of the run and grows with it.
  std::optional<XRange> range() const { return range_; }
  void setRange(std::optional<XRange> range);
  /// A plot has a y range of its own, until follow().
  void zoomY();
  /// Whether every plot shows all of the run, in x and y.
  bool following() const { return !range_ && !zoomedY_; }
  /// Shows all of the run, in y too, and forgets the cursor.
  void follow();

  /// Weight of the past in exponential smoothing, in [0, 1): 0 shows raw values.
  double smoothing() const { return smoothing_; }
  void setSmoothing(double weight);

 signals:
  void unitChanged(eq::widgets::XUnit unit);
  void cursorChanged();
  void rangeChanged();
  /// Plots give up their own ranges.
  void followed();
  void smoothingChanged(double weight);
  /// A person wants to see a run that stands in a plot.
  void openRequested(const std::filesystem::path& folder);
  /// A person asks for a fork of a run that is shown.
  void forkRequested(const std::filesystem::path& folder, qint64 step);
  /// A person wants to begin another run, which an experiment describes. \param remark what it is.
  void experimentProposed(const eq::train::Experiment& experiment, const QString& remark);
  /// A person has changed a setting of the plots.
  void edited(const eq::widgets::PlotEdit& edit);
  /// As ShownRuns says.
  void runsChanged();
  void runsGrew();

 private:
  ShownRuns* runs_ = nullptr;
  GroupStyle groupStyle_;
  XUnit unit_ = XUnit::step;
  std::optional<double> cursor_;
  std::optional<XRange> range_;
  bool zoomedY_ = false;
  double smoothing_ = 0.9;
};

}  // namespace eq::widgets
