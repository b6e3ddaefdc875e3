#include "widgets/plots/plot_link.h"

#include <algorithm>

namespace eq::widgets {
namespace {

constexpr double kMostSmoothing = 0.999;

}  // namespace

PlotLink::PlotLink(QObject* parent) : QObject(parent) {}

void PlotLink::setRuns(ShownRuns& runs) {
  runs_ = &runs;
  connect(&runs, &ShownRuns::changed, this, &PlotLink::runsChanged);
  connect(&runs, &ShownRuns::grew, this, &PlotLink::runsGrew);
  emit runsChanged();
}

void PlotLink::setGroupStyle(const GroupStyle& style) {
  if (style == groupStyle_) return;
  groupStyle_ = style;
  emit runsChanged();
}

void PlotLink::setUnit(XUnit unit) {
  if (unit == unit_) return;
  unit_ = unit;
  cursor_.reset();
  range_.reset();
  emit unitChanged(unit);
  emit rangeChanged();
  emit cursorChanged();
}

void PlotLink::setCursor(std::optional<double> x) {
  if (x == cursor_) return;
  cursor_ = x;
  emit cursorChanged();
}

void PlotLink::setRange(std::optional<XRange> range) {
  if (range == range_) return;
  range_ = range;
  emit rangeChanged();
}

void PlotLink::zoomY() {
  zoomedY_ = true;
  emit rangeChanged();
}

void PlotLink::follow() {
  range_.reset();
  zoomedY_ = false;
  emit followed();
  emit rangeChanged();
  setCursor(std::nullopt);
}

void PlotLink::setSmoothing(double weight) {
  weight = std::clamp(weight, 0.0, kMostSmoothing);
  if (weight == smoothing_) return;
  smoothing_ = weight;
  emit smoothingChanged(weight);
}

}  // namespace eq::widgets
