#include "widgets/plots/plot_line.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kGhost = 0.72;             // share of the background in the raw line's colour
constexpr double kNearEdge = 0.02;          // of the axis's length
constexpr double kDisc = 5, kTriangle = 8;  // pixels

QColor mixed(const QColor& from, const QColor& to, double share) {
  const auto channel = [share](double a, double b) { return a + share * (b - a); };
  return QColor::fromRgbF(static_cast<float>(channel(from.redF(), to.redF())),
                          static_cast<float>(channel(from.greenF(), to.greenF())),
                          static_cast<float>(channel(from.blueF(), to.blueF())));
}

QCPScatterStyle pointStyle(LineSpec::Look look, const QColor& colour) {
  switch (look) {
    case LineSpec::Look::discs:
      return {QCPScatterStyle::ssDisc, colour, colour, kDisc};
    case LineSpec::Look::circles:
      return {QCPScatterStyle::ssCircle, colour, kDisc};
    case LineSpec::Look::squares:
      return {QCPScatterStyle::ssSquare, colour, colour, kDisc};
    default:
      return {QCPScatterStyle::ssNone};
  }
}

/// Dots for the first part, more and more dashes between them for the further ones.
QVector<qreal> partPattern(int part) {
  QVector<qreal> pattern{1, 3};
  for (int dash = 1; dash < part; ++dash) pattern << 5 << 3;
  return pattern;
}

}  // namespace

bool LineSpec::isAbsent(std::size_t row) const {
  return weights && std::isnan((*y)[row]) && (*weights)[row] == 0;
}

double Smoother::next(double value) {
  if (!std::isfinite(value)) return value;
  sum_ = weight_ * sum_ + (1 - weight_) * value;
  power_ *= weight_;
  return sum_ / (1 - power_);
}

PlotLine::PlotLine(QCustomPlot& plot, QCPAxis* edge, const LineSpec& spec, double smoothing,
                   bool logarithmic)
    : plot_(plot),
      edge_(edge),
      spec_(spec),
      logarithmic_(logarithmic),
      smoother_(smoothing),
      raw_(plot) {
  raw_.setName(shortName(spec.name));
  if (spec.look != LineSpec::Look::smoothed || smoothing == 0) return;
  raw_.setLayer("ghosts");
  raw_.removeFromLegend();
  smooth_.emplace(plot);
  smooth_->setName(shortName(spec.name));
}

PlotLine::~PlotLine() {
  for (QCPGraph* graph : marks_)
    if (graph) plot_.removeGraph(graph);
}

void PlotLine::grow() {
  const std::size_t size = std::min(spec_.x->size(), spec_.y->size());
  if (size == count_) return;
  QVector<QCPGraphData> raw, smooth;
  raw.reserve(static_cast<qsizetype>(size - count_));
  for (; count_ < size; ++count_) {
    if (spec_.isAbsent(count_)) continue;
    const double x = (*spec_.x)[count_], y = (*spec_.y)[count_];
    const auto undrawable = markOf(y);
    if (undrawable)
      mark(*undrawable, x);
    else
      widen(y);
    last_ = undrawable;
    rows_.push_back(count_);
    raw.append({x, undrawable ? kNaN : y});
    if (smooth_) smooth.append({x, std::isfinite(y) ? smoother_.next(y) : kNaN});
  }
  raw_.add(raw);
  if (smooth_) smooth_->add(smooth);
}

std::optional<PlotLine::Mark> PlotLine::markOf(double value) const {
  if (std::isnan(value)) return kNan;
  if (std::isinf(value)) return value > 0 ? kAbove : kBelow;
  if (logarithmic_ && value <= 0) return kBelow;
  return std::nullopt;
}

void PlotLine::mark(Mark kind, double x) {
  ++undrawable_;
  if (!marks_[kind]) marks_[kind] = makeMarks(kind);
  auto& points = *marks_[kind]->data();
  const double y = kind == kAbove ? 1 - kNearEdge : kNearEdge;
  if (last_ != kind) {
    points.add({x, kNaN});  // a gap before the stretch
    points.add({x, y});
    points.add({x, y});
  } else {
    (points.end() - 1)->key = x;
  }
}

QCPGraph* PlotLine::makeMarks(Mark kind) {
  QCPGraph* graph = plot_.addGraph(plot_.xAxis, edge_);
  graph->removeFromLegend();
  graph->setLayer("marks");
  graph->setVisible(visible_);
  marks_[kind] = graph;
  restyle(style_);
  return graph;
}

void PlotLine::widen(double value) {
  if (!extent_)
    extent_ = {value, value};
  else
    extent_ = {std::min(extent_->lower, value), std::max(extent_->upper, value)};
}

std::optional<PlotLine::Extent> PlotLine::extent(const XRange& range) const {
  bool found = false;
  const auto domain = logarithmic_ ? QCP::sdPositive : QCP::sdBoth;
  const QCPRange values =
      raw_.line().getValueRange(found, domain, QCPRange(range.lower, range.upper));
  if (!found) return std::nullopt;
  return Extent{values.lower, values.upper};
}

void PlotLine::restyle(const PlotStyle& style) {
  style_ = style;
  QPen pen = taskPen(style.theme, spec_.colour, style.lineWidth);
  if (spec_.part > 0) pen.setDashPattern(partPattern(spec_.part));
  const QColor pale = mixed(pen.color(), plotColours(style.theme).background, kGhost);
  raw_.setStyle(smooth_ ? QPen(pale, style.lineWidth) : pen, pointStyle(spec_.look, pen.color()));
  if (smooth_) smooth_->setStyle(pen, {});
  for (int kind = 0; kind < kMarks; ++kind) {
    if (!marks_[static_cast<std::size_t>(kind)]) continue;
    const auto shape =
        kind == kBelow ? QCPScatterStyle::ssTriangleInverted : QCPScatterStyle::ssTriangle;
    marks_[static_cast<std::size_t>(kind)]->setPen(QPen(pen.color(), 1));
    marks_[static_cast<std::size_t>(kind)]->setScatterStyle(
        {shape, pen.color(), pen.color(), kTriangle});
  }
}

void PlotLine::setVisible(bool visible) {
  visible_ = visible;
  raw_.setVisible(visible);
  if (smooth_) smooth_->setVisible(visible);
  for (QCPGraph* graph : marks_)
    if (graph) graph->setVisible(visible);
}

std::size_t PlotLine::sizeWithin(const XRange& range) const {
  const auto& points = *raw_.line().data();
  return static_cast<std::size_t>(points.findEnd(range.upper, false) -
                                  points.findBegin(range.lower, false));
}

std::optional<PlotLine::Point> PlotLine::nearest(double x) const {
  const auto& points = *raw_.line().data();
  if (points.isEmpty()) return std::nullopt;
  auto point = points.findBegin(x, false);
  const bool before = point != points.constBegin() &&
                      (point == points.constEnd() || x - (point - 1)->key <= point->key - x);
  if (before) --point;
  const auto index = point - points.constBegin();
  const std::size_t row = rows_[static_cast<std::size_t>(index)];
  const double smoothed =
      smooth_ ? smooth_->line().data()->at(static_cast<int>(index))->value : kNaN;
  return Point{(*spec_.x)[row], (*spec_.y)[row], smoothed};
}

}  // namespace eq::widgets
