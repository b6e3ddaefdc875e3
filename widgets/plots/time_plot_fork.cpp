/// Where in a TimePlot a fork of a run can begin.

#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QAction>

#include "widgets/plots/time_plot.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {

/// The one whose line passes nearest to the place; the first where there is no line.
const RunData* TimePlot::runNearest(const TimePane& pane, const QPointF& place) const {
  const PaneAxes& axes = pane.axes();
  const double x = axes.x->pixelToCoord(place.x());
  const RunData* found = &lead();
  double least = std::numeric_limits<double>::infinity();
  for (const PlotLine* line : linesOf(pane)) {
    const auto point = line->spec().run ? line->nearest(x) : std::nullopt;
    if (!point) continue;
    const double value = std::isfinite(point->smoothed) ? point->smoothed : point->y;
    const double away = std::hypot(axes.x->coordToPixel(point->x) - place.x(),
                                   axes.y->coordToPixel(value / line->spec().unit) - place.y());
    if (!(away < least)) continue;
    least = away;
    found = line->spec().run;
  }
  return found;
}

std::optional<TimePlot::ForkPlace> TimePlot::forkPlaceAt(const TimePane& pane,
                                                         const QPointF& place) const {
  const RunData* data = runNearest(pane, place);
  for (const ShownRun& run : runs()) {
    if (run.data != data || run.folder.empty() || data->isImported()) continue;
    const Column& steps = data->x(XUnit::step);
    const auto row = data->rowAt(pane.axes().x->pixelToCoord(place.x()), link().unit());
    return ForkPlace{run.folder, run.name, row ? static_cast<std::int64_t>(steps[*row]) : 0};
  }
  return std::nullopt;
}

void TimePlot::prepareMenu(const std::optional<QPointF>& place) {
  const TimePane* pane = place ? grid_->paneAt(*place) : nullptr;
  forkPlace_ = pane ? forkPlaceAt(*pane, *place) : std::nullopt;
  fork_->setVisible(forkPlace_.has_value());
  if (!forkPlace_) return;
  const auto step = widgets::countText(forkPlace_->step);
  fork_->setText(runs().size() > 1
                     ? tr("&Fork %1 from step %2…").arg(menuText(shortName(forkPlace_->run)), step)
                     : tr("&Fork from step %1…").arg(step));
}

}  // namespace eq::widgets
