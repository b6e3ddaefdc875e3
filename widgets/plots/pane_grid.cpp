#include "widgets/plots/pane_grid.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr double kBestAspect = 2.2;  // width over height of a pane
constexpr double kLeastHeight = 90;  // pixels that show the form of a curve
constexpr int kLowestPane = 64;      // pixels below which a plot is scrolled instead
constexpr double kLabelHeight = 36;  // pixels of an x axis's numbers and label
constexpr double kEmptyCost = 0.15;  // of a cell without a pane

}  // namespace

PaneGrid::PaneGrid(QCustomPlot& plot)
    : plot_(plot), grid_(new QCPLayoutGrid), margins_(new QCPMarginGroup(&plot)) {
  plot.plotLayout()->take(plot.axisRect());
  plot.plotLayout()->addElement(0, 0, grid_);
  grid_->addElement(0, 0, plot.xAxis->axisRect());
  grid_->setRowSpacing(0);
  grid_->setColumnSpacing(0);
  panes_.push_back(std::make_unique<TimePane>(*plot.xAxis->axisRect(), true));
}

TimePane* PaneGrid::paneAt(const QPointF& point) const {
  for (const auto& pane : panes_)
    if (pane->rect().rect().contains(point.toPoint())) return pane.get();
  return nullptr;
}

std::vector<TimePane*> PaneGrid::resize(std::size_t count) {
  std::vector<TimePane*> made;
  while (panes_.size() > std::max<std::size_t>(count, 1)) {
    QCPAxisRect& rect = panes_.back()->rect();
    panes_.pop_back();
    grid_->remove(&rect);
  }
  columns_ = 0;
  while (panes_.size() < count) {
    auto* rect = new QCPAxisRect(&plot_);
    rect->setLayer("background");
    grid_->addElement(rect);
    panes_.push_back(std::make_unique<TimePane>(*rect, false));
    made.push_back(panes_.back().get());
  }
  for (const auto& pane : panes_)
    pane->rect().setMarginGroup(QCP::msLeft, count > 1 ? margins_ : nullptr);
  return made;
}

std::size_t PaneGrid::columnsFor(std::size_t count, const QSize& size) {
  std::size_t best = 1;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t columns = 1; columns <= count; ++columns) {
    const std::size_t rows = (count + columns - 1) / columns;
    const double width = size.width() / static_cast<double>(columns);
    const double height = size.height() / static_cast<double>(rows);
    const double cost = std::abs(std::log(width / height / kBestAspect)) +
                        2 * std::max(1 - height / kLeastHeight, 0.0) +
                        kEmptyCost * static_cast<double>(rows * columns - count);
    if (cost < least) least = cost, best = columns;
  }
  return best;
}

void PaneGrid::arrange(const QSize& size, const QSize& inSight, const QString& xLabel) {
  const std::size_t count = panes_.size(), columns = columnsFor(count, inSight);
  const int rows = static_cast<int>((count + columns - 1) / columns);
  for (std::size_t i = 0; i < count; ++i) {
    // Above an empty cell of the last row numbers are enough.
    const bool last = i / columns + 1 == static_cast<std::size_t>(rows);
    panes_[i]->setXShown(i + columns >= count, last ? xLabel : QString());
    panes_[i]->setTicksFor({size.width() / static_cast<int>(columns), size.height() / rows});
  }
  if (columns == columns_) return shareHeight(rows, size.height());
  columns_ = columns;
  for (const auto& pane : panes_) grid_->take(&pane->rect());
  grid_->simplify();
  for (std::size_t i = 0; i < count; ++i)
    grid_->addElement(static_cast<int>(i / columns), static_cast<int>(i % columns),
                      &panes_[i]->rect());
  shareHeight(rows, size.height());
}

int PaneGrid::leastHeight() const {
  const int beside = std::max(plot_.viewport().height() - grid_->rect().height(), 0);
  const int rows = grid_->rowCount();
  return rows < 2 ? 0 : rows * kLowestPane + static_cast<int>(kLabelHeight) + beside;
}

/// So that the last row, which has the labels, is not flatter than the others.
void PaneGrid::shareHeight(int rows, int height) {
  const double inner = std::max((height - kLabelHeight) / std::max(rows, 1), 1.0);
  for (int row = 0; row < rows; ++row)
    grid_->setRowStretchFactor(row, row + 1 < rows ? inner : inner + kLabelHeight);
}

}  // namespace eq::widgets
