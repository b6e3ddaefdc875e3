/// What the mouse does in a ParallelPlot: brushes axes, tells of runs.

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QAction>
#include <QMouseEvent>
#include <QToolTip>

#include "widgets/study/parallel_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kAxisReach = 24;  // pixels
constexpr double kLineReach = 6;
constexpr double kLeastBrush = 0.02;  // share of an axis; less was a click

}  // namespace

void ParallelPlot::makeMouse() {
  connect(&plot(), &QCustomPlot::mousePress, this,
          [this](const QMouseEvent* event) { pressed(*event); });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { moved(*event); });
  connect(&plot(), &QCustomPlot::mouseRelease, this,
          [this](const QMouseEvent* event) { released(*event); });
}

std::optional<std::size_t> ParallelPlot::axisAt(const QPointF& place) const {
  const auto& canvas = const_cast<ParallelPlot*>(this)->plot();
  for (std::size_t i = 0; i < axes_.size(); ++i)
    if (std::abs(canvas.xAxis->coordToPixel(static_cast<double>(i)) - place.x()) <= kAxisReach)
      return i;
  return std::nullopt;
}

/// Near an end of the axis it is the end.
double ParallelPlot::shareAt(double pixel) const {
  const auto& canvas = const_cast<ParallelPlot*>(this)->plot();
  const double share = canvas.yAxis->pixelToCoord(pixel);
  return share < kLeastBrush ? 0 : share > 1 - kLeastBrush ? 1 : share;
}

void ParallelPlot::pressed(const QMouseEvent& event) {
  if (event.button() != Qt::LeftButton) return;
  dragged_ = axisAt(event.position());
  from_ = shareAt(event.position().y());
}

void ParallelPlot::moved(const QMouseEvent& event) {
  if (!dragged_)
    QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(tipAt(event.position())),
                       &plot());
}

void ParallelPlot::released(const QMouseEvent& event) {
  if (!dragged_ || *dragged_ >= axes_.size()) return;
  const auto axis = *dragged_;
  dragged_.reset();
  const double to = shareAt(event.position().y());
  if (std::abs(to - from_) < kLeastBrush) return brush(axis, std::nullopt);
  brush(axis, Brush{std::min(from_, to), std::max(from_, to)});
}

void ParallelPlot::prepareMenu(const std::optional<QPointF>& place) {
  menuAxis_ = place ? axisAt(*place) : std::nullopt;
  log_->setVisible(menuAxis_.has_value());
  if (!menuAxis_) return;
  const auto& axis = axes_[*menuAxis_];
  log_->setText(menuText(tr("Logarithmic: %1").arg(shortName(axis.title))));
  log_->setChecked(axis.logarithmic);
  log_->setEnabled(axis.of.categories.isEmpty());
}

/// Of the run whose line passes nearest.
QString ParallelPlot::tipAt(const QPointF& place) const {
  const auto& canvas = const_cast<ParallelPlot*>(this)->plot();
  const double x = canvas.xAxis->pixelToCoord(place.x());
  if (axes_.size() < 2 || x < 0 || x > static_cast<double>(axes_.size() - 1)) return {};
  const auto left = std::min(static_cast<std::size_t>(x), axes_.size() - 2);
  const double part = x - static_cast<double>(left);
  double nearest = kLineReach;
  std::optional<std::size_t> found;
  for (const auto run : drawn_) {
    const double y = (1 - part) * axes_[left].shareOf(axes_[left].of.values[run]) +
                     part * axes_[left + 1].shareOf(axes_[left + 1].of.values[run]);
    const double away = std::abs(canvas.yAxis->coordToPixel(y) - place.y());
    if (away > nearest) continue;
    nearest = away;
    found = run;
  }
  if (!found) return {};
  QStringList texts{shownName(runs_[*found]->info.shown())};
  for (const Axis& axis : axes_)
    texts << QString("%1: %2").arg(axis.title, quantityText(axis.of, axis.of.values[*found]));
  return texts.join('\n');
}

}  // namespace eq::widgets
