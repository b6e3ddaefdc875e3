#pragma once

#include <memory>
#include <vector>

#include <QSet>

#include "widgets/plots/arrangement.h"
#include "widgets/plots/count_marks.h"
#include "widgets/plots/derived_lines.h"
#include "widgets/plots/pane_grid.h"
#include "widgets/plots/plot_line.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/plots/time_legend.h"

class QComboBox;
class QMouseEvent;
class QRect;
class QTimer;
class QWheelEvent;

namespace eq::widgets {

/// A plot of lines over time. Shares cursor, range and unit of the x axis with all others; shows
/// events; follows the run until the user drags or zooms (see gestures()). Where a line's colour is
/// its task, the tasks can have axes of their own: see splitByTask(). To add one: derive, answer
/// lines(), yLabel() and emptyText(), add it in plot_area.cpp.
///
/// Where several runs are shown (PlotLink::runs()), the same lines of all of them are drawn, in the
/// colour of their run; their dashes tell what the colour told, unless panes do. What a run has in
/// common with another is drawn once. Events are those of the run in focus.
class TimePlot : public PlotPanel {
  Q_OBJECT

 public:
  TimePlot(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);
  ~TimePlot() override;

  std::vector<Series> series() const override;
  std::vector<CursorValue> valuesAtCursor() const override;
  /// The series as drawn, a list for every pane: divided by their first values where that is shown.
  struct PaneSeries {
    QString yLabel;
    std::vector<Series> series;
  };
  std::vector<PaneSeries> paneSeries() const;

  /// What the mouse does, for tips and help.
  static QString gestures();

  bool isLogX() const;
  bool isLogY() const;
  void setLogX(bool logarithmic);
  void setLogY(bool logarithmic);
  /// Whether the y axes hold every value, also those that lie far from all others.
  void setWholeY(bool whole);
  /// How the tasks share their axes now; never automatic.
  Arrangement arrangement() const { return arrangement_; }
  /// As the user chooses it; remembered for plots of this title.
  void choose(Arrangement arrangement);
  const std::vector<std::unique_ptr<TimePane>>& panes() const { return grid_->panes(); }
  std::size_t eventMarkCount() const { return panes().front()->events().size(); }
  const std::vector<std::unique_ptr<PlotLine>>& drawnLines() const { return drawn_; }
  /// The names in the legend, in full.
  QStringList legendNames() const;
  /// What stands beside the lines' names: their values at the cursor, as drawn.
  const QStringList& legendValues() const { return legend_->values(); }

 protected:
  /// What there is to draw of a run now; a line may be added when its first point comes. A line's
  /// colour says what is drawn: its task, or which of the plot's quantities.
  virtual std::vector<LineSpec> lines(const RunData& run) const = 0;
  virtual QString yLabel() const = 0;
  /// What to tell while there is nothing of a run to show; empty as soon as there is something.
  virtual QString emptyText(const RunData& run) const = 0;
  QString hint() const final;
  /// Said in the header; by default nothing.
  virtual QString note() const { return {}; }
  /// Share of the x range that stays free at the right while the plot follows the run.
  virtual double rightMargin() const { return 0; }
  /// A range of values that is always shown, of one task's pane or of all; by default none.
  virtual std::optional<PlotLine::Extent> fixedExtent(std::optional<int> /*task*/) const {
    return std::nullopt;
  }
  /// Whether the tasks are measured in different things, and have axes of their own unasked.
  virtual bool isApart() const { return false; }
  /// The title of a task's own axis, or of a pane that lines have by their number.
  virtual QString taskLabel(int task) const { return taskName(task); }
  /// Whether of several runs that in focus is drawn alone.
  virtual bool isOfFocusAlone() const { return false; }
  /// Tasks of several runs that have one name are one: they are counted as in the first run that
  /// has any, then those that only others have.
  QString taskName(int task) const;
  int taskIn(const RunData& run, int task) const;
  /// Those that have something to show: at least one, which is the focus where none has.
  std::vector<ShownRun> runs() const;
  /// The first of them: what labels and choices are made from.
  const RunData& lead() const { return *runs().front().data; }
  /// What a line or a value is called where several runs are shown.
  QString nameIn(const ShownRun& run, const QString& name) const;
  /// What a tip tells of the place x of a task's pane, or of all, beside the events; by default
  /// nothing. \param reach how far away it may lie.
  virtual QString tipAt(std::optional<int> /*task*/, double /*x*/, double /*reach*/) const {
    return {};
  }
  /// Offers axes for every task. In the constructor of a plot whose lines' colours are their tasks.
  void splitByTask();
  /// Whether groups or differences are drawn instead of what was recorded.
  bool isDerived() const;
  /// Whether differences to the baseline are.
  bool differs() const;
  /// The axes that hold a task's lines.
  const PaneAxes& axesOf(int task) const;

  void prepareMenu(const std::optional<QPointF>& place) override;
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  bool eventFilter(QObject* object, QEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  /// An entry of the legend, which hides and shows lines.
  struct Named {
    QString text;
    const QCPGraph* graph = nullptr;
    std::vector<PlotLine*> lines;
    QString brief;  ///< what tells it from the others; empty: the text
  };
  /// Where a fork would begin: of the run whose line is nearest.
  struct ForkPlace {
    std::filesystem::path folder;
    QString run;
    std::int64_t step = 0;
  };
  std::optional<ForkPlace> forkPlaceAt(const TimePane& pane, const QPointF& place) const;
  const RunData* runNearest(const TimePane& pane, const QPointF& place) const;
  std::vector<LineSpec> linesOf(const std::vector<ShownRun>& runs, QStringList& names) const;
  void setDashes(std::vector<LineSpec>& lines) const;
  void forgetLines();
  /// Of runs that are not shown any more.
  void forgetGone();
  void nameRuns(const std::vector<ShownRun>& runs);
  void nameGroups();
  void nameQuantities();
  QString shownText() const;
  std::size_t hiddenMembers() const;
  void add(Named named);
  const PlotLine* valued(const Named& named) const;
  void makeLayers();
  void makeActions();
  void connectMouse();
  void connectPane(TimePane& pane);
  void scaleX();
  void scaleY();
  Arrangement arrangementFor(const std::vector<LineSpec>& lines);
  std::vector<LineSpec> wantedLines();
  std::optional<int> paneTask(const LineSpec& line) const;
  std::vector<std::optional<int>> paneTasks(const std::vector<LineSpec>& wanted) const;
  void makePanes(const std::vector<std::optional<int>>& tasks);
  void updateLines();
  void arrangePanes();
  QString paneLabel(const TimePane& pane) const;
  void applyRange();
  void applyExtent(TimePane& pane);
  void markBeyond();
  XRange wholeRange() const;
  std::optional<PlotLine::Extent> extentOf(const TimePane& pane) const;
  void updateRemarks();
  void moveCursor();
  void rangeMoved(const XRange& range);
  double nearestStepOfAll(double x) const;
  void mousePressed(QMouseEvent* event);
  void mouseMoved(QMouseEvent* event);
  void zoomInto(const QRect& box);
  bool zoomY(const QWheelEvent& event);
  void nameLines();
  void toggle(const Named& named);
  void setHidden(const QSet<QString>& names);
  /// Puts a setting of this plot that was just changed on the stack of edits.
  void tellEdit(const QString& text, const std::function<void()>& again,
                const std::function<void()>& back);
  QString looksNote() const;
  Series seriesOf(const LineSpec& line) const;
  std::vector<Series> madeSeries(const LineSpec& line) const;
  std::vector<Series> drawnSeries(const LineSpec& line) const;
  QString lastValues() const;
  void showHidden();
  /// Those that are not hidden.
  std::vector<PlotLine*> linesOf(const TimePane& pane) const;

  std::unique_ptr<PaneGrid> grid_;
  std::unique_ptr<TimeLegend> legend_;
  std::vector<std::unique_ptr<PlotLine>> drawn_;
  /// All lines, or tasks where panes name them anyway, or runs where there are several, and then
  /// what their dashes mean.
  std::vector<Named> named_;
  DerivedLines derived_;
  CountMarks counts_;
  QTimer* later_;               ///< draws what derived lines are behind with
  QStringList quantities_;      ///< names of what is drawn of the runs, by LineSpec::quantity
  std::optional<int> hovered_;  ///< the task whose pane the mouse is over
  QSet<QString> hidden_;        ///< names of lines that the user hid in the legend
  QAction* logX_ = nullptr;
  QAction* logY_ = nullptr;
  QAction* wholeY_ = nullptr;
  QAction* fork_ = nullptr;
  std::optional<ForkPlace> forkPlace_;
  QComboBox* choice_ = nullptr;  ///< of the arrangement; null where tasks share their axes always
  Arrangement arrangement_ = Arrangement::together;
  bool unlike_ = false;        ///< the tasks' scales were once, in this run
  bool applying_ = false;      ///< the x range is being set from the link
  TimePane* boxed_ = nullptr;  ///< where a box is drawn
  std::size_t beyond_ = 0;     ///< points outside the y axes
};

}  // namespace eq::widgets
