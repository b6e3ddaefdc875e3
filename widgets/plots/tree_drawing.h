#pragma once

#include <utility>
#include <vector>

#include <qcustomplot.h>

#include <QStringList>

#include "widgets/plots/plot_panel.h"
#include "widgets/plots/task_ways.h"

namespace eq::widgets {

/// The ways of tasks over a whole axis rectangle.
class TreeDrawing : public QCPAbstractItem {
 public:
  explicit TreeDrawing(QCustomPlot& plot);

  /// \param tasks their names.
  void set(TaskWays ways, const QStringList& tasks);
  void restyle(const QFont& font, Theme theme);
  /// The copy below the mouse: {stage, copy}; {-1, -1}: none.
  std::pair<int, int> copyAt(const QPointF& pixel) const;
  /// Pixels that the names need one below the other.
  int heightWanted() const;

  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override;

 private:
  void arrange();
  double laneWidth() const;
  /// Pixels of a task's line in a copy, from its middle.
  double laneOf(std::size_t stage, int copy, std::size_t task) const;
  QPointF placeOf(std::size_t stage, int copy) const;
  double heightOf(std::size_t stage, int copy) const;
  void drawWays(QCPPainter& painter) const;
  void drawCopies(QCPPainter& painter) const;
  void drawNames(QCPPainter& painter) const;

  TaskWays ways_;
  QStringList tasks_;
  QFont font_;
  Theme theme_ = Theme::light;
  QRectF area_;                              ///< of the ways, without names
  std::vector<std::vector<double>> places_;  ///< [stage][copy] y, 0 to 1
  std::vector<double> heads_;                ///< [task] likewise
  std::vector<std::size_t> ranks_;           ///< [task] its place from above
};

}  // namespace eq::widgets
