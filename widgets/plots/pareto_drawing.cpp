#include "widgets/plots/pareto_drawing.h"

#include <algorithm>

#include <qcustomplot.h>

#include "widgets/plots/replot_turns.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kVolumeDigits = 4;
constexpr int kNameInLegend = 30;         // characters
constexpr double kDominatedAlpha = 0.35;  // of dominated points
constexpr double kShade = 0.16;
constexpr double kEarlierAlpha = 0.22;
constexpr double kPoint = 6, kNewest = 11, kMark = 10, kModel = 13, kWideMark = 15;  // pixels

QColor faded(QColor colour, double alpha) {
  colour.setAlphaF(static_cast<float>(alpha));
  return colour;
}

QString few(double value) {
  return QString::number(value, 'g', kVolumeDigits);
}

QCPScatterStyle shape(QCPScatterStyle::ScatterShape form, const QColor& line, double width,
                      double size, const QBrush& fill = Qt::NoBrush) {
  return {form, QPen(line, width), fill, size};
}

}  // namespace

QString pointText(const metric::Point& point) {
  QStringList numbers;
  for (const double value : point) numbers << few(value);
  return "(" + numbers.join(", ") + ")";
}

ParetoDrawing::ParetoDrawing(QCustomPlot& plot) : plot_(plot) {
  plot_.addLayer("cursor", plot_.layer("legend"));
  plot_.layer("cursor")->setMode(QCPLayer::lmBuffered);
  area_ = makeCurve({}, "background");
  truth_ = makeCurve(QObject::tr("known front"), "main");
  stairs_ = makeCurve(QObject::tr("front"), "main");
  ideal_ = makeMark(QObject::tr("ideal"));
  nadir_ = makeMark(QObject::tr("nadir"));
  knee_ = makeMark(QObject::tr("knee"));
  reference_ = makeMark(QObject::tr("reference"));
  cursor_ = makeCurve({}, "cursor");
  cursor_->setLineStyle(QCPCurve::lsNone);
  model_ = makeCurve({}, "cursor");
  model_->setLineStyle(QCPCurve::lsNone);
  for (QCPCurve* curve : {area_, cursor_, model_}) curve->removeFromLegend();
  volume_ = new QCPItemText(&plot_);
  volume_->setLayer("overlay");
  volume_->setClipToAxisRect(true);
  volume_->setPadding({4, 2, 4, 2});
  volume_->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);  // over the area
  clear();
}

QCPCurve* ParetoDrawing::makeCurve(const QString& name, const char* layer) {
  auto* curve = new QCPCurve(plot_.xAxis, plot_.yAxis);
  curve->setName(name);
  curve->setLayer(layer);
  return curve;
}

QCPCurve* ParetoDrawing::makeMark(const QString& name) {
  QCPCurve* const mark = makeCurve(name, "overlay");
  mark->setLineStyle(QCPCurve::lsNone);
  return mark;
}

ParetoDrawing::Run ParetoDrawing::makeRun(const ParetoTrail& trail, bool named) {
  Run run{makeCurve({}, "main"), makeCurve({}, "main"), makeCurve({}, "main"),
          makeCurve({}, "main"), trail.colour,          trail.isFront()};
  for (QCPCurve* points : {run.pale, run.solid, run.newest}) points->setLineStyle(QCPCurve::lsNone);
  for (QCPCurve* curve : {run.way, run.pale, run.solid, run.newest})
    if (curve != run.named()) curve->removeFromLegend();
  QString name = named ? shortName(trail.run, kNameInLegend) : QObject::tr("now");
  if (run.front)
    name = QObject::tr("%1, step %2")
               .arg(named ? name : QObject::tr("preferences"), countText(trail.steps.front()));
  run.named()->setName(name);
  styleRun(run);
  return run;
}

void ParetoDrawing::clear() {
  for (const Run& run : runs_)
    for (QCPCurve* curve : {run.way, run.pale, run.solid, run.newest}) plot_.removePlottable(curve);
  runs_.clear();
  for (const Surface& surface : surfaces_) plot_.removePlottable(surface.line);
  surfaces_.clear();
  for (const Earlier& one : earlier_) plot_.removePlottable(one.line);
  earlier_.clear();
  for (QCPCurve* curve :
       {area_, stairs_, truth_, ideal_, nadir_, knee_, reference_, cursor_, model_})
    curve->data()->clear();
  volume_->setVisible(false);
  volumeText_.clear();
}

void ParetoDrawing::draw(const std::vector<ParetoTrail>& trails, const metric::FrontAnswer& answer,
                         const metric::Points& stairs, const metric::Points& truth) {
  clear();
  std::size_t first = 0;
  for (const ParetoTrail& trail : trails) {
    drawTrail(trail, answer, first, trails.size() > 1);
    first += trail.size();
  }
  for (std::size_t i = 0; i < truth.size(); ++i)
    truth_->addData(static_cast<double>(i), truth[i][0], truth[i][1]);
  drawVolume(answer, stairs);
  drawMarks(answer);
  const bool planar = std::all_of(trails.begin(), trails.end(),
                                  [](const ParetoTrail& trail) { return trail.z.empty(); });
  planar ? stairs_->addToLegend() : stairs_->removeFromLegend();
  truth_->setVisible(!truth.empty());
  truth.empty() ? truth_->removeFromLegend() : truth_->addToLegend();
  answer.knee ? knee_->addToLegend() : knee_->removeFromLegend();
}

void ParetoDrawing::nameRuns(bool named) {
  for (const Run& run : runs_) named ? run.named()->addToLegend() : run.named()->removeFromLegend();
}

/// Stairs from corner to corner; the first falls from above, the last goes on to the right.
void ParetoDrawing::drawSurfaces(const std::vector<AttainedSurface>& surfaces) {
  for (const AttainedSurface& surface : surfaces) {
    if (surface.corners.empty()) continue;
    const bool bold = surface.level == 0.5;
    auto* line = makeCurve(QObject::tr("attained by half of the runs"), "main");
    if (!bold || std::any_of(surfaces_.begin(), surfaces_.end(),
                             [](const Surface& one) { return one.bold; }))
      line->removeFromLegend();
    double order = 0;
    for (std::size_t i = 0; i < surface.corners.size(); ++i) {
      if (i > 0) line->addData(order++, surface.corners[i][0], surface.corners[i - 1][1]);
      line->addData(order++, surface.corners[i][0], surface.corners[i][1]);
    }
    surfaces_.push_back({line, surface.colour, bold});
  }
}

void ParetoDrawing::drawTrail(const ParetoTrail& trail, const metric::FrontAnswer& answer,
                              std::size_t first, bool named) {
  if (trail.size() == 0) return;
  const Run run = makeRun(trail, named);
  const bool joined = !trail.isFront() || trail.preferences.front().size() == 2;
  for (std::size_t i = 0; i < trail.size(); ++i) {
    const auto order = static_cast<double>(i);
    if (joined && i > 0 && trail.isFront() &&
        trail.preferences[i][0] > trail.preferences[i - 1][0])  // of models of another size
      run.way->addData(order - 0.5, qQNaN(), qQNaN());
    if (joined) run.way->addData(order, trail.x[i], trail.y[i]);
    if (!trail.z.empty()) continue;
    QCPCurve* const points = answer.ranks[first + i] == 0 ? run.solid : run.pale;
    points->addData(order, trail.x[i], trail.y[i]);
  }
  if (!run.front) run.newest->addData(0, trail.x.back(), trail.y.back());
  runs_.push_back(run);
}

/// Of more than two tasks, whose preferences are no line, the points.
void ParetoDrawing::drawEarlier(const std::vector<ParetoTrail>& fronts) {
  for (const ParetoTrail& front : fronts) {
    auto* line = makeCurve({}, "background");
    line->removeFromLegend();
    for (std::size_t i = 0; i < front.size(); ++i)
      line->addData(static_cast<double>(i), front.x[i], front.y[i]);
    if (front.preferences.front().size() > 2) line->setLineStyle(QCPCurve::lsNone);
    earlier_.push_back({line, front.colour});
  }
}

void ParetoDrawing::drawMarks(const metric::FrontAnswer& answer) {
  const auto put = [](QCPCurve* mark, const metric::Point& at) {
    if (!at.empty()) mark->addData(0, at[0], at[1]);
  };
  put(ideal_, answer.ideal);
  put(nadir_, answer.nadir);
  put(reference_, answer.reference);
  if (answer.knee) put(knee_, answer.points[*answer.knee]);
}

void ParetoDrawing::drawVolume(const metric::FrontAnswer& answer, const metric::Points& stairs) {
  double order = 0;
  for (const auto& corner : stairs) {
    stairs_->addData(order, corner[0], corner[1]);
    area_->addData(order++, corner[0], corner[1]);
  }
  if (answer.reference.empty()) return;
  if (!stairs.empty()) {
    area_->addData(order++, answer.reference[0], answer.reference[1]);
    area_->addData(order, stairs.front()[0], stairs.front()[1]);
  }
  volumeText_ =
      answer.standardError > 0
          ? QObject::tr("hypervolume about %1 ± %2 (sampled) to %3")
                .arg(few(answer.hypervolume), QString::number(answer.standardError, 'g', 2),
                     pointText(answer.reference))
          : QObject::tr("hypervolume %1 to %2")
                .arg(few(answer.hypervolume), pointText(answer.reference));
  volume_->setText(volumeText_);
  volume_->setVisible(true);
  volume_->position->setCoords(answer.reference[0], answer.reference[1]);
}

void ParetoDrawing::setCursor(const std::optional<metric::Point>& at) {
  cursor_->data()->clear();
  if (at) cursor_->addData(0, (*at)[0], (*at)[1]);
  replotCursor(plot_);
}

void ParetoDrawing::setModel(const std::optional<metric::Point>& at, int colour) {
  modelColour_ = colour;
  model_->data()->clear();
  model_->setScatterStyle(shape(QCPScatterStyle::ssCircle, plotColours(style_.theme).text, 2,
                                kModel, taskColour(style_.theme, colour)));
  if (at) model_->addData(0, (*at)[0], (*at)[1]);
  replotCursor(plot_);
}

void ParetoDrawing::styleRun(const Run& run) const {
  const QColor colour = taskColour(style_.theme, run.colour);
  const QColor paper = plotColours(style_.theme).background;
  run.way->setPen(QPen(faded(colour, 0.5), style_.lineWidth));
  run.pale->setScatterStyle(shape(QCPScatterStyle::ssDisc, faded(colour, kDominatedAlpha), 1,
                                  kPoint, faded(colour, kDominatedAlpha)));
  run.solid->setScatterStyle(shape(QCPScatterStyle::ssDisc, colour, 1, kPoint + 1, colour));
  run.newest->setScatterStyle(shape(QCPScatterStyle::ssCircle, paper, 1.5, kNewest, colour));
}

void ParetoDrawing::restyle(const PlotStyle& style) {
  style_ = style;
  const PlotColours& colours = plotColours(style.theme);
  for (const Run& run : runs_) styleRun(run);
  for (const Earlier& one : earlier_) {
    const QColor faint = faded(taskColour(style.theme, one.colour), kEarlierAlpha);
    one.line->setPen(QPen(faint, style.lineWidth));
    one.line->setScatterStyle(shape(QCPScatterStyle::ssDisc, faint, 1, kPoint - 2, faint));
  }
  for (const Surface& surface : surfaces_)
    surface.line->setPen(QPen(faded(taskColour(style.theme, surface.colour), 0.9),
                              style.lineWidth + (surface.bold ? 1.5 : 0),
                              surface.bold ? Qt::SolidLine : Qt::DotLine));
  area_->setPen(Qt::NoPen);
  area_->setBrush(faded(colours.text, kShade));
  stairs_->setPen(QPen(colours.text, style.lineWidth + 0.5));
  truth_->setPen(QPen(taskColour(style.theme, 2), style.lineWidth + 1, Qt::DashLine));
  const double width = style.lineWidth + 0.5;
  ideal_->setScatterStyle(shape(QCPScatterStyle::ssStar, colours.text, width, kMark));
  nadir_->setScatterStyle(shape(QCPScatterStyle::ssSquare, colours.text, width, kMark - 2));
  knee_->setScatterStyle(shape(QCPScatterStyle::ssDiamond, colours.alarm, width + 0.5, kWideMark));
  reference_->setScatterStyle(shape(QCPScatterStyle::ssCross, colours.alarm, width + 1, kMark));
  cursor_->setScatterStyle(shape(QCPScatterStyle::ssCircle, colours.text, 1.5, kWideMark));
  volume_->setColor(colours.text);
  volume_->setBrush(faded(colours.background, 0.8));
  QFont font = volume_->font();
  font.setPointSizeF(style.fontSize);
  volume_->setFont(font);
}

}  // namespace eq::widgets
