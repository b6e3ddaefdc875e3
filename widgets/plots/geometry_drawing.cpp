/// How a GeometryPlot is drawn, and what the mouse does there.

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <qcustomplot.h>

#include <QToolButton>

#include "widgets/plots/conflict_lines.h"
#include "widgets/plots/geometry_plot.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kTipReach = 16;      // pixels around a tip that take hold of it
constexpr double kAround = 1.25;      // of the arrows' extent
constexpr double kAside = 1.45;       // of their width, for names behind the tips
constexpr double kOtherTicks = 0.05;  // change of a range that asks for other ticks
constexpr double kTurn = 0.01;        // radians a pixel
constexpr double kSteepest = 1.5;     // radians
constexpr double kLongestHead = 10;   // pixels

QPen penOf(const PlotStyle& style, int colour, double width) {
  QPen pen = taskPen(style.theme, colour, width);
  pen.setStyle(taskLineStyle(colour));
  return pen;
}

/// The corner that lies farthest from all points. \param points each from 0 to 1, up and right.
Qt::Alignment freeCorner(const std::vector<QPointF>& points) {
  Qt::Alignment best = Qt::AlignRight | Qt::AlignTop;
  double farthest = -1;
  for (const auto& [x, side] : {std::pair{1.0, Qt::AlignRight}, {0.0, Qt::AlignLeft}})
    for (const auto& [y, edge] : {std::pair{1.0, Qt::AlignTop}, {0.0, Qt::AlignBottom}}) {
      double nearest = 2;
      for (const QPointF& point : points)
        nearest = std::min(nearest, std::hypot(point.x() - x, point.y() - y));
      if (nearest > farthest) farthest = nearest, best = side | edge;
    }
  return best;
}

}  // namespace

/// Where it hides least of the arrows.
void GeometryPlot::placeLegend() {
  const QCPRange across = plot().xAxis->range(), up = plot().yAxis->range();
  std::vector<QPointF> points;
  for (const Arrow& arrow : arrows())
    for (const double share : {0.5, 0.75, 1.0}) {
      const QPointF at = share * project(shown(arrow.tip));
      points.emplace_back((at.x() - across.lower) / across.size(), (at.y() - up.lower) / up.size());
    }
  auto* inset = plot().axisRect()->insetLayout();
  inset->setInsetAlignment(0, freeCorner(points));
  inset->update(QCPLayoutElement::upLayout);  // the layout is made already
}

void GeometryPlot::draw() {
  fitAxes();
  plot().clearItems();
  plot().clearPlottables();
  drawHull();
  for (const Arrow& arrow : arrows()) drawArrow(arrow);
  // On the screen the list beside says which colour is whose, and arrows have all the room.
  plot().legend->setVisible(style().legend && style().width > 0);
  setRemark(remarkText());
}

QString GeometryPlot::remarkText() const {
  const QString kind =
      scene_.taskCount() > 2 ? tr("drag arrows, or beside them to turn") : tr("drag arrows");
  if (byHand_) return tr("by hand, losses as they are · %1").arg(kind);
  if (!sample_) {
    const QString why = conflictHint(data());
    return tr("made-up gradients · %1").arg(why.isEmpty() ? kind : why);
  }
  const auto& record = data().conflicts()[*sample_];
  const double step = data().conflictX().in(XUnit::step)[*sample_];
  QString text =
      tr("step %1, %2").arg(widgets::countText(std::llround(step)), sourceText(record.source));
  text += everyText(data());
  if (static_cast<int>(scene_.taskCount()) < data().taskCount()) text += tr(" · these tasks alone");
  return text + " · " + kind;
}

/// The convex combinations of the gradients.
void GeometryPlot::drawHull() {
  if (unit_->isChecked()) return;
  auto* hull = new QCPCurve(plot().xAxis, plot().yAxis);
  QVector<QCPCurveData> points;
  for (std::size_t i = 0; i <= scene_.taskCount(); ++i) {
    const QPointF at = project(scene_.tips()[i % scene_.taskCount()]);
    points << QCPCurveData(static_cast<double>(i), at.x(), at.y());
  }
  hull->data()->set(points, true);
  hull->setName(tr("convex combinations"));
  const auto& colours = plotColours(style().theme);
  hull->setPen(QPen(colours.axis, style().lineWidth, Qt::DotLine));
  QColor inside = colours.axis;
  inside.setAlpha(36);
  if (scene_.taskCount() > 2) hull->setBrush(inside);
}

void GeometryPlot::drawArrow(const Arrow& arrow) {
  const auto& colours = plotColours(style().theme);
  const bool task = arrow.kind == Arrow::Kind::task, run = arrow.kind == Arrow::Kind::run;
  QPen pen = run ? QPen(colours.text, style().lineWidth + 1, Qt::DashLine)
                 : penOf(style(), arrow.colour, style().lineWidth + (task ? 2 : 1));
  auto* named = new QCPCurve(plot().xAxis, plot().yAxis);  // the legend's
  named->setName(shortName(arrow.name));
  named->setPen(pen);
  auto* line = new QCPItemLine(&plot());
  const QPointF tip = project(shown(arrow.tip));
  line->start->setCoords(0, 0);
  line->end->setCoords(tip);
  line->setPen(pen);
  line->setHead({QCPLineEnding::esSpikeArrow, kLongestHead, kLongestHead + 4});
  if (!task && !run) return;
  auto* label = new QCPItemText(&plot());
  label->position->setCoords(tip * 1.04);
  label->setText(shortName(arrow.name, kNameInBox));
  label->setColor(colours.text);
  QFont font = this->font();
  font.setPointSizeF(style().fontSize);
  label->setFont(font);
  label->setPositionAlignment((tip.x() < 0 ? Qt::AlignRight : Qt::AlignLeft) |
                              (tip.y() < 0 ? Qt::AlignTop : Qt::AlignBottom));
}

void GeometryPlot::restyle(const PlotStyle&) {
  if (scene_.taskCount() > 0) draw();
}

/// A unit is as long across as up.
void GeometryPlot::fitAxes() {
  if (dragged_ || scene_.taskCount() == 0) return;
  QRectF extent(-1e-12, -1e-12, 2e-12, 2e-12);
  for (const Arrow& arrow : arrows()) {
    const QPointF tip = project(shown(arrow.tip));
    if (std::isfinite(tip.x()) && std::isfinite(tip.y()))
      extent |= QRectF(tip, QSizeF(1e-12, 1e-12));
  }
  const QSize size = plot().axisRect()->size();
  const double scale = std::max(kAside * extent.width() / std::max(size.width(), 1),
                                kAround * extent.height() / std::max(size.height(), 1));
  const double half = scale / 2, before = plot().xAxis->range().size();
  plot().xAxis->setRange(extent.center().x() - half * size.width(),
                         extent.center().x() + half * size.width());
  plot().yAxis->setRange(extent.center().y() - half * size.height(),
                         extent.center().y() + half * size.height());
  if (plot().legend->visible()) placeLegend();
  // The ticks are those of the range before.
  if (std::abs(plot().xAxis->range().size() / before - 1) > kOtherTicks)
    plot().replot(QCustomPlot::rpQueuedReplot);
}

void GeometryPlot::pressed(const QMouseEvent& event) {
  if (event.button() != Qt::LeftButton) return;
  double nearest = kTipReach;
  for (std::size_t task = 0; task < scene_.taskCount(); ++task) {
    const QPointF way = tipPixel(task) - event.position();
    const double distance = std::hypot(way.x(), way.y());
    if (distance > nearest) continue;
    nearest = distance;
    dragged_ = task;
  }
  if (!dragged_ && scene_.taskCount() > 2) turned_ = event.position();
}

void GeometryPlot::moved(const QMouseEvent& event) {
  if (turned_) {
    const QPointF way = event.position() - *turned_;
    turned_ = event.position();
    yaw_ += kTurn * way.x();
    pitch_ = std::clamp(pitch_ + kTurn * way.y(), -kSteepest, kSteepest);
    return refresh();
  }
  if (!dragged_) return;
  const Place3 before = scene_.tips()[*dragged_], seen = shown(before);
  const QPointF at(plot().xAxis->pixelToCoord(event.position().x()),
                   plot().yAxis->pixelToCoord(event.position().y()));
  const Place3 way = unproject(at - project(seen));
  const Place3 now{seen.x + way.x, seen.y + way.y, seen.z + way.z};
  byHand_ = true;
  // Among arrows of one length only the direction is dragged.
  const double length = lengthOf(now);
  scene_.move(*dragged_,
              unit_->isChecked() && length > 0 ? scaled(now, lengthOf(before) / length) : now);
  refresh();
}

void GeometryPlot::released() {
  if (!dragged_ && !turned_) return;
  dragged_.reset();
  turned_.reset();
  refresh();
}

}  // namespace eq::widgets
