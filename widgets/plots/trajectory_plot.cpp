#include "widgets/plots/trajectory_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include "widgets/plots/fork_action.h"
#include "widgets/plots/replot_turns.h"
#include "widgets/session/shown_runs.h"

namespace eq::widgets {
namespace {

constexpr double kHalfWidth =
    11;                      // of the plane that is shown: every start and the front lie in it
constexpr int kCells = 220;  // a side
constexpr int kLevels = 16;  // bands of the mean loss
constexpr int kFrontPoints = 100;
constexpr double kReachOfWay = 12;       // pixels between the way and where a menu is asked for
constexpr double kSmallestStep = 0.005;  // in the plane: an eighth of a pixel at 500 pixels

double scaleOf(const train::Experiment& experiment, const char* name) {
  return experiment.data.params.value(name, 1.0);
}

QCPColorGradient bands(Theme theme) {
  QCPColorGradient gradient;
  gradient.clearColorStops();
  const bool dark = theme == Theme::dark;
  gradient.setColorStopAt(0, QColor(dark ? 0x16324a : 0x9cc3dd));
  gradient.setColorStopAt(0.5, QColor(dark ? 0x3b4a54 : 0xdbe6ec));
  gradient.setColorStopAt(1, QColor(dark ? 0x6d6a5c : 0xfaf6ea));
  gradient.setLevelCount(kLevels);
  return gradient;
}

QCPScatterStyle disc(const QColor& line, const QColor& fill, double size) {
  return {QCPScatterStyle::ssCircle, QPen(line, 1.5), QBrush(fill), size};
}

}  // namespace

TrajectoryPlot::TrajectoryPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Trajectory"), data, link, parent), fork_(new ForkAction(link, this)) {
  addMenuActions({fork_});
  plot().addLayer("cursor", plot().layer("legend"));
  plot().layer("cursor")->setMode(QCPLayer::lmBuffered);
  makeMap();
  front_ = makeCurve(tr("Pareto front"), "main");
  way_ = makeCurve(tr("run"), "main");
  start_ = makeCurve(tr("start"), "main");
  now_ = makeCurve(tr("now"), "main");
  cursor_ = makeCurve({}, "cursor");
  cursor_->removeFromLegend();
  plot().xAxis->setLabel("x1");
  plot().yAxis->setLabel("x2");
  plot().setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(&plot(), &QCustomPlot::mouseDoubleClick, this, &TrajectoryPlot::showWhole);
  connect(&link, &PlotLink::cursorChanged, this, &TrajectoryPlot::moveCursor);
  connect(&link, &PlotLink::runsChanged, this, &TrajectoryPlot::refresh);
  showWhole();
}

void TrajectoryPlot::makeMap() {
  map_ = new QCPColorMap(plot().xAxis, plot().yAxis);
  map_->setName(tr("mean loss"));
  map_->removeFromLegend();
  map_->setLayer("background");
  map_->setColorScale(addColourScale(tr("Mean loss")));
}

QCPCurve* TrajectoryPlot::makeCurve(const QString& name, const QString& layer) {
  auto* curve = new QCPCurve(plot().xAxis, plot().yAxis);
  curve->setName(name);
  curve->setLayer(layer);
  return curve;
}

bool TrajectoryPlot::fits(const train::Experiment& experiment) {
  return experiment.data.id == "two_valleys";
}

void TrajectoryPlot::restart() {
  count_ = 0;
  for (QCPCurve* curve : {front_, way_, start_, now_, cursor_}) curve->data()->clear();
  map_->setVisible(fits(data().experiment()));
  if (!fits(data().experiment())) return;
  drawPlane(
      TwoValleys({scaleOf(data().experiment(), "scale1"), scaleOf(data().experiment(), "scale2")}));
}

void TrajectoryPlot::drawPlane(const TwoValleys& plane) {
  map_->data()->setSize(kCells, kCells);
  map_->data()->setRange({-kHalfWidth, kHalfWidth}, {-kHalfWidth, kHalfWidth});
  for (int column = 0; column < kCells; ++column)
    for (int row = 0; row < kCells; ++row) {
      double x1 = 0, x2 = 0;
      map_->data()->cellToCoord(column, row, &x1, &x2);
      map_->data()->setCell(column, row, plane.meanLoss(x1, x2));
    }
  map_->rescaleDataRange();
  double order = 0;
  for (const auto& point : plane.front(kFrontPoints))
    front_->addData(order++, point.x[0], point.x[1]);
}

void TrajectoryPlot::grow() {
  growWay();
  setCounts(count_, count_);
  moveCursor();
}

void TrajectoryPlot::growWay() {
  const auto& [x1, x2] = data().way();
  std::size_t bad = 0;
  for (; count_ < x1.size(); ++count_) {
    const double x = x1[count_], y = x2[count_];
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    if (start_->data()->isEmpty()) start_->addData(0, x, y);
    now_->data()->clear();
    now_->addData(0, x, y);
    const auto drawn = way_->data();
    const bool moved =
        drawn->isEmpty() ||
        std::hypot((drawn->end() - 1)->key - x, (drawn->end() - 1)->value - y) >= kSmallestStep;
    if (moved) way_->addData(static_cast<double>(count_), x, y);
  }
  for (std::size_t i = x1.size(); i > 0 && !(std::isfinite(x1[i - 1]) && std::isfinite(x2[i - 1]));
       --i)
    ++bad;
  QStringList remarks;
  if (link().runs() && link().runs()->runs().size() > 1) remarks << tr("the run in focus alone");
  if (bad > 0) remarks << tr("not finite for the last %1 steps").arg(bad);
  setRemark(remarks.join(" · "));
}

std::optional<std::size_t> TrajectoryPlot::rowAtCursor() const {
  const auto row = link().cursor() ? data().rowAt(*link().cursor(), link().unit()) : std::nullopt;
  if (!row || *row >= data().way()[0].size()) return std::nullopt;
  return row;
}

std::optional<std::size_t> TrajectoryPlot::rowNear(const QPointF& place) const {
  const auto& [x1, x2] = data().way();
  const auto* across = way_->keyAxis();
  const auto* up = way_->valueAxis();
  std::optional<std::size_t> found;
  double least = kReachOfWay;
  for (std::size_t row = 0; row < std::min(x1.size(), data().x(XUnit::step).size()); ++row) {
    const double away = std::hypot(across->coordToPixel(x1[row]) - place.x(),
                                   up->coordToPixel(x2[row]) - place.y());
    if (!(away <= least)) continue;
    least = away;
    found = row;
  }
  return found;
}

void TrajectoryPlot::prepareMenu(const std::optional<QPointF>& place) {
  const auto row = place ? rowNear(*place) : std::nullopt;
  fork_->offer(row ? std::optional(std::llround(data().x(XUnit::step)[*row])) : std::nullopt);
}

void TrajectoryPlot::moveCursor() {
  cursor_->data()->clear();
  if (const auto row = rowAtCursor())
    cursor_->addData(0, data().way()[0][*row], data().way()[1][*row]);
  replotCursor(plot());
}

void TrajectoryPlot::showWhole() {
  plot().xAxis->setRange(-kHalfWidth, kHalfWidth);
  plot().yAxis->setRange(-kHalfWidth, kHalfWidth);
  plot().replot(QCustomPlot::rpQueuedReplot);
}

void TrajectoryPlot::restyle(const PlotStyle& style) {
  const PlotColours& colours = plotColours(style.theme);
  map_->setGradient(bands(style.theme));
  front_->setPen(QPen(taskColour(style.theme, 2), style.lineWidth + 1.5));
  way_->setPen(QPen(taskColour(style.theme, 1), style.lineWidth + 0.5));
  const QColor run = taskColour(style.theme, 1);
  for (QCPCurve* point : {start_, now_, cursor_}) point->setLineStyle(QCPCurve::lsNone);
  start_->setScatterStyle(disc(run, colours.background, 9));
  now_->setScatterStyle(disc(colours.background, run, 10));
  cursor_->setScatterStyle(disc(colours.text, Qt::transparent, 14));
  plot().legend->setVisible(style.legend);
}

QString TrajectoryPlot::hint() const {
  if (!fits(data().experiment())) return tr("Only the dataset “two valleys” has a plane to show.");
  return {};
}

std::vector<Series> TrajectoryPlot::series() const {
  const Column& steps = data().x(link().unit());
  if (data().way()[0].size() != steps.size()) return {};
  return {{"x1", toText(link().unit()), steps, data().way()[0], 0},
          {"x2", toText(link().unit()), steps, data().way()[1], 1}};
}

std::vector<CursorValue> TrajectoryPlot::valuesAtCursor() const {
  const auto row = rowAtCursor();
  if (!row) return {};
  const double none = std::numeric_limits<double>::quiet_NaN(), x = data().x(link().unit())[*row];
  const QColor colour = taskColour(style().theme, 1);
  return {{"x1", x, data().way()[0][*row], none, colour},
          {"x2", x, data().way()[1][*row], none, colour}};
}

}  // namespace eq::widgets
