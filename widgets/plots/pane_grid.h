#pragma once

#include <memory>
#include <vector>

#include <QSize>

#include "widgets/plots/time_pane.h"

class QCPLayoutGrid;
class QCPMarginGroup;

namespace eq::widgets {

/// The panes of a TimePlot in rows and columns that suit its size. The first has the plot's own
/// axes and stays.
class PaneGrid {
 public:
  /// \param plot whose layout holds its axis rect at (0, 0), and which has the layers of a
  /// TimePane.
  explicit PaneGrid(QCustomPlot& plot);

  const std::vector<std::unique_ptr<TimePane>>& panes() const { return panes_; }
  /// The pane that has a point of the plot inside its axes; null without one.
  TimePane* paneAt(const QPointF& point) const;
  /// \returns the panes that are new. No line may be left on those that go.
  std::vector<TimePane*> resize(std::size_t count);
  /// Of a plot of this many pixels of which so many are in sight; x axes are labelled below each
  /// column only.
  void arrange(const QSize& size, const QSize& inSight, const QString& xLabel);
  /// Pixels that the plot needs so that every pane shows the form of its curves, as arranged.
  int leastHeight() const;

 private:
  void shareHeight(int rows, int height);
  static std::size_t columnsFor(std::size_t count, const QSize& size);

  QCustomPlot& plot_;
  QCPLayoutGrid* grid_;
  QCPMarginGroup* margins_;  ///< y axes one under the other begin at the same place
  std::size_t columns_ = 0;
  std::vector<std::unique_ptr<TimePane>> panes_;
};

}  // namespace eq::widgets
