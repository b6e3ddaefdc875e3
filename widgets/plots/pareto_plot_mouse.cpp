/// What the mouse does in a ParetoPlot: tells of points, moves the reference, zooms.

#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QMouseEvent>
#include <QToolTip>

#include "widgets/plots/pareto_plot.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kReach = 10;  // pixels

double lengthOf(const QPointF& vector) {
  return std::hypot(vector.x(), vector.y());
}

/// With as many digits as a place on the axis can have.
double rounded(double value) {
  return QString::number(value, 'g', 5).toDouble();
}

QString placeText(const metric::FrontAnswer& answer, std::size_t point) {
  const auto rank = answer.ranks[point];
  if (rank > 0) return ParetoPlot::tr("dominated, rank %1").arg(rank);
  return answer.knee == point ? ParetoPlot::tr("not dominated, the knee")
                              : ParetoPlot::tr("not dominated");
}

}  // namespace

void ParetoPlot::makeMouse() {
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(&plot(), &QCustomPlot::mousePress, this,
          [this](const QMouseEvent* event) { pressed(*event); });
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { moved(*event); });
  connect(&plot(), &QCustomPlot::mouseRelease, this, &ParetoPlot::released);
  connect(&plot(), &QCustomPlot::mouseWheel, this, [this] { zoomed_ = true; });
  connect(&plot(), &QCustomPlot::mouseDoubleClick, this, [this] {
    zoomed_ = false;
    showWhole();
    plot().replot(QCustomPlot::rpQueuedReplot);
  });
}

void ParetoPlot::pressed(const QMouseEvent& event) {
  if (event.button() != Qt::LeftButton || answer_.reference.empty()) return;
  const QPointF cross(plot().xAxis->coordToPixel(answer_.reference[0]),
                      plot().yAxis->coordToPixel(answer_.reference[1]));
  dragging_ = lengthOf(event.position() - cross) <= kReach;
  plot().setInteraction(QCP::iRangeDrag, !dragging_);
}

void ParetoPlot::moved(const QMouseEvent& event) {
  if (dragging_) {
    zoomed_ = true;  // the axes stand still under the cross
    return setReference(metric::Point{rounded(plot().xAxis->pixelToCoord(event.position().x())),
                                      rounded(plot().yAxis->pixelToCoord(event.position().y()))});
  }
  if (event.buttons() & Qt::LeftButton) zoomed_ = true;
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(tipAt(event.position())),
                     &plot());
}

void ParetoPlot::released() {
  dragging_ = false;
  plot().setInteraction(QCP::iRangeDrag, true);
}

QString ParetoPlot::tipAt(const QPointF& place) {
  double nearest = kReach;
  QString tip;
  std::size_t index = 0;
  for (const ParetoTrail& trail : trails_)
    for (std::size_t i = 0; i < trail.size(); ++i, ++index) {
      const QPointF point(plot().xAxis->coordToPixel(trail.x[i]),
                          plot().yAxis->coordToPixel(trail.y[i]));
      const double away = lengthOf(point - place);
      if (!(away <= nearest)) continue;
      nearest = away;
      tip = tr("%1, step %2\n%3: %4\n%5: %6\n%7")
                .arg(trail.run, widgets::countText(trail.steps[i]), objective(x_)->text(),
                     shortText(trail.x[i]), objective(y_)->text(), shortText(trail.y[i]),
                     placeText(answer_, index));
    }
  return tip;
}

}  // namespace eq::widgets
