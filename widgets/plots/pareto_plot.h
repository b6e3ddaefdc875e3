#pragma once

#include <optional>
#include <vector>

#include "core/train/front_look.h"
#include "widgets/plots/pareto_colours.h"
#include "widgets/plots/pareto_drawing.h"
#include "widgets/plots/pareto_trails.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/plots/volume_strip.h"

class QComboBox;
class QMenu;
class QLineEdit;
class QMouseEvent;
class QToolButton;

namespace eq::widgets {

/// Two values of tasks against each other, over the evaluations of the validation split: the way of
/// the run with its newest point large, the points that no other dominates joined as a staircase,
/// ideal, nadir and knee, and a reference point, to be dragged or typed, with the area that is
/// dominated up to it. What is better lies to the left and below: axes of what is maximised are
/// turned. Where several runs are shown (PlotLink::runs()), all points of all of them make the
/// picture. With a third value, which is the points' colour, they are compared in all three, and
/// there is no staircase. A run that trains a front has its points for a way: those of the
/// evaluation at the cursor, without one of the newest, earlier ones faint. A strip below tells how
/// the hypervolume grew with the steps.
class ParetoPlot : public PlotPanel {
  Q_OBJECT

 public:
  ParetoPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Whether a run has values to draw against each other.
  static bool fits(const std::vector<TaskInfo>& tasks) { return tasks.size() > 1; }

  /// Chooses axes by their text, "left · accuracy"; what is not offered changes nothing.
  void setObjectives(const QString& x, const QString& y);
  /// The value that colours the points, by its text; empty: none.
  void setThird(const QString& text);
  /// Whether the strip of the hypervolume over the steps is shown.
  void setVolumeShown(bool shown);
  /// Nothing: the usual one, a tenth of the range beyond the worst values.
  void setReference(const std::optional<metric::Point>& reference);
  void setLogX(bool logarithmic);
  void setLogY(bool logarithmic);

  /// Puts a mark where a model of the run in focus is; nothing: takes it away.
  void setModel(const std::optional<train::FrontLook>& look);
  /// Where it stands; nothing: nowhere.
  std::optional<metric::Point> modelPlace() const;

  const metric::FrontAnswer& answer() const { return answer_; }
  /// Of the groups that are shown; empty without groups.
  const std::vector<AttainedSurface>& surfaces() const { return surfaces_; }
  const std::vector<ParetoTrail>& trails() const { return trails_; }
  /// Empty while the strip is not shown.
  const VolumeTrack& volumes() const { return volumes_; }
  /// What is told of the point nearest to a place in pixels of the plot; empty: none is near.
  QString tipAt(const QPointF& place);
  /// What a click on the point nearest to a place offers; null: none is near.
  QMenu* menuAt(const QPointF& place);

  std::vector<Series> series() const override;
  std::vector<CursorValue> valuesAtCursor() const override;

 signals:
  /// A person wants the model of a point of the front of the run in focus.
  void preferenceChosen(const std::vector<double>& preference);

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  /// Below the plot, in as many columns as its width holds: it covers nothing.
  void placeLegend();
  int arrangeLegend(int width);
  void makeControls();
  /// Those that are shown, as far as they have tasks; the panel's own where none is chosen.
  std::vector<ShownRun> runs() const;
  void makeMouse();
  struct Hit {
    std::size_t trail, row;
    std::size_t index;  ///< among the points of all trails
  };
  std::optional<Hit> hitAt(const QPointF& place);
  void offerObjectives();
  /// What is drawn against what; nothing where fewer than two values are offered.
  std::optional<ParetoObjective> objective(const QComboBox* box) const;
  std::optional<ParetoObjective> third() const;
  /// Two or three; empty where fewer than two are offered.
  std::vector<ParetoObjective> axes() const;
  /// The one that was typed, where it has as many numbers as there are axes.
  std::optional<metric::Point> reference() const;
  void clearPicture();
  /// \param before the fronts that are to be drawn faint.
  void takeTrails(const std::vector<ParetoObjective>& axes, std::vector<ParetoTrail>& before);
  /// The steps of the fronts at the cursor, [runs]; -1: of a run that trains none.
  std::vector<std::int64_t> frontSteps() const;
  void placeModel();
  void drawVolumes(const std::vector<ParetoObjective>& axes);
  void readReference();
  /// After another choice of axes or scale.
  void redraw();
  void gather();
  metric::Points truth() const;
  void setAxes(const ParetoObjective& x, const ParetoObjective& y);
  void showWhole();
  void tell();
  void pressed(const QMouseEvent& event);
  void moved(const QMouseEvent& event);
  void released(const QMouseEvent& event);
  void moveCursor();
  std::vector<CursorValue> volumeAtCursor() const;
  std::optional<std::size_t> rowAtCursor() const;

  QComboBox *x_, *y_, *z_;
  QToolButton* volumeShown_ = nullptr;
  QLineEdit* referenceField_;
  QAction *logX_, *logY_;
  ParetoDrawing drawing_;
  ParetoColours colours_;
  VolumeStrip strip_;
  VolumeTrack volumes_;
  std::vector<ParetoObjective> offered_;
  std::vector<ParetoTrail> trails_;
  std::vector<ParetoTrail> fronts_;  ///< all of all runs, for the volume
  std::vector<std::int64_t> shownFronts_;
  std::size_t earlier_ = 0, drawnEarlier_ = 0;  ///< fronts before those that are shown
  std::optional<train::FrontLook> model_;
  std::size_t unnamed_ = 0;  ///< of them, in the legend
  metric::FrontAnswer answer_;
  std::optional<metric::Point> reference_;
  std::vector<AttainedSurface> surfaces_;
  QPointF press_;
  bool dragging_ = false;  ///< the reference
  bool zoomed_ = false;    ///< a person chose what is seen
};

}  // namespace eq::widgets
