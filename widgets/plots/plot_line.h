#pragma once

#include <array>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <QString>

#include "widgets/plots/dotted_graph.h"
#include "widgets/plots/pane_axes.h"
#include "widgets/plots/plot_link.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/session/run_data.h"

class QCPGraph;

namespace eq::widgets {

/// Debiased exponential smoothing: the mean of what came, weighted by weight^age. Values that are
/// not finite pass through and leave the mean as it is.
class Smoother {
 public:
  explicit Smoother(double weight = 0) : weight_(weight) {}
  double next(double value);

 private:
  double weight_;
  double sum_ = 0;    ///< of (1 - weight) weight^age value
  double power_ = 1;  ///< weight^count
};

/// Columns that were made from those of several runs.
struct MadeColumns {
  Column step, x, y;
  Column low, high;         ///< a band around y; empty without one
  std::vector<int> count;   ///< values that y was made from; empty: of one line
  std::size_t leftOut = 0;  ///< values that are not finite
};

/// A column that is drawn as a line. The columns outlive the line and only grow.
struct LineSpec {
  enum class Look {
    line,      ///< as it is
    smoothed,  ///< a pale raw line under the smoothed one
    discs,     ///< few points, joined by a line: of the validation split,
    circles,   ///< of the training split,
    squares    ///< of the test split
  };
  QString name;
  int colour = 0;  ///< index of the task colour
  const XColumns* positions = nullptr;
  const Column* y = nullptr;
  Look look = Look::line;
  int part = 0;  ///< 0: the whole; from 1 on a part of it, dotted
  /// Where one is 0 and y is NaN, there was nothing to measure: the line joins over it.
  const Column* weights = nullptr;
  bool gaps = false;  ///< NaN is no number that went wrong: there is none at that point
  double unit = 1;    ///< values are drawn as y / unit
  /// Of axes that hold the lines of this number alone; none: as the plot arranges its tasks. Where
  /// lines have it, the legend names those of one colour once, as `entry` says.
  std::optional<int> pane = {};
  QString entry = {};
  bool area = false;  ///< the line is the upper edge of an area that stands on the sum of
  std::vector<const Column*> under = {};  ///< these, of as many rows

  // What a plot adds that knows all runs:
  const Column* x = nullptr;     ///< of the positions, in the unit that is shown
  const RunData* run = nullptr;  ///< whose it is; null: a group's
  int group = -1;                ///< of the run, or whose it is
  QString of = {};               ///< what it shows: the name without the run's
  int quantity = 0;              ///< which lines of other runs show the same; without: the colour
  std::optional<int> dashes =
      {};  ///< index of the line style; none: as the colour and the look say
  /// Drawn from the last point up to here on; smoothing begins with the first all the same.
  double from = -std::numeric_limits<double>::infinity();
  bool ghost = true;                             ///< the raw line is drawn under the smoothed one
  bool pale = false;                             ///< a member of a group
  std::shared_ptr<const MadeColumns> made = {};  ///< which x and y are of, if they were made

  bool isAbsent(std::size_t row) const;
  /// The sum of what lies under it.
  double floorAt(std::size_t row) const;
  /// The pane it belongs to where panes have numbers.
  int paneNumber() const { return pane.value_or(quantity); }
  bool operator==(const LineSpec&) const = default;
};

/// The graphs of one line. Steps at which there was nothing to measure are left out; a value that
/// is not finite is a gap, and a point without a neighbour is a dot. Values that cannot be drawn
/// are marked at the edge of the axis, a stretch of them by its two ends: NaN by a triangle at the
/// bottom, an infinity or (on a logarithmic axis) a value <= 0 by a triangle that points out of the
/// plot.
class PlotLine {
 public:
  PlotLine(const PaneAxes& axes, const LineSpec& spec, double smoothing, bool logarithmic);
  ~PlotLine();
  PlotLine(const PlotLine&) = delete;
  PlotLine& operator=(const PlotLine&) = delete;

  const LineSpec& spec() const { return spec_; }
  /// Adds the points that came since; costs nothing for those that are there.
  void grow();
  void restyle(const PlotStyle& style);
  void setVisible(bool visible);
  bool isVisible() const { return visible_; }
  QPen pen(const PlotStyle& style) const;
  /// The one that stands for the line in a legend.
  QCPGraph& legendGraph() { return smooth_ ? smooth_->line() : raw_.line(); }
  const QCPGraph& legendGraph() const { return smooth_ ? smooth_->line() : raw_.line(); }
  /// Whether the legend's entry of this graph is the line's.
  bool owns(const QCPGraph* graph) const {
    return graph == &raw_.line() || (smooth_ && graph == &smooth_->line());
  }

  /// Of points that are drawn, without those at which there was nothing to measure.
  std::size_t size() const { return rows_.size() - before_.size(); }
  std::size_t sizeWithin(const XRange& range) const;
  std::size_t undrawable() const { return undrawable_; }
  /// Steps at which there was nothing to measure.
  std::size_t absent() const { return count_ - rows_.size(); }
  struct Point {
    double x, y;      ///< as recorded
    double smoothed;  ///< in the unit of y; NaN where nothing is smoothed
  };
  /// The point nearest to x, the last one; none without points.
  std::optional<Point> nearest(double x) const;
  std::optional<Point> newest() const;

  struct Extent {
    double lower, upper;
  };
  /// Of the finite values as drawn (those > 0 on a logarithmic axis), in all or within a range.
  std::optional<Extent> extent() const { return extent_; }
  std::optional<Extent> extent(const XRange& range) const;
  /// The same without values that lie farther from those in the middle (98 of 100 within the range,
  /// and the newest) than these lie apart.
  Extent withoutOutliers(const Extent& whole, const XRange& range) const;
  /// Marks the points beyond the y axis within the x axis's range by hollow triangles at its ends.
  /// \returns how many there are.
  std::size_t markBeyond();
  /// Takes those marks away.
  void clearBeyond();

 private:
  enum Mark { kNan, kAbove, kBelow, kMarks };
  static constexpr double kLeastPositive = 1e-300;  ///< that a logarithmic axis draws
  static constexpr double kNearEdge = 0.02;         ///< of the axis's length
  std::optional<Mark> markOf(double value) const;
  void mark(Mark kind, double x);
  std::size_t firstDrawn() const;
  void widen(double value);
  Column sampleOf(const QCPGraph& graph, const XRange& range) const;
  QCPGraph* makeMarks();
  Point pointAt(std::size_t index) const;
  void makeBand();
  void growBand(std::size_t from);
  void growArea(std::size_t from, std::size_t to);
  double smoothedAt(std::size_t index) const;
  void restyleMarks(const QColor& colour);

  PaneAxes axes_;
  LineSpec spec_;
  bool logarithmic_;
  Smoother smoother_;
  DottedGraph raw_;
  std::optional<DottedGraph> smooth_;
  std::array<QCPGraph*, 2> band_{};    ///< low and high, or the edges of an area
  std::array<Smoother, 2> smoothers_;  ///< of those
  std::array<QCPGraph*, kMarks> marks_{};
  std::array<QCPGraph*, 2> beyond_{};  ///< below and above the axis
  std::optional<Mark> last_;           ///< of the point before
  std::size_t count_ = 0, undrawable_ = 0;
  std::vector<std::size_t> rows_;  ///< of the points
  Column before_;                  ///< smoothed values of the first of them, which are not drawn
  std::optional<Extent> extent_;
  PlotStyle style_;
  bool visible_ = true;
};

}  // namespace eq::widgets
