#include "widgets/plots/plot_line.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include <qcustomplot.h>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kGhost = 0.72;             // share of the background in the raw line's colour
constexpr double kPaleMember = 0.6;         // the same of a member of a group
constexpr int kBandAlpha = 48;              // of 255
constexpr int kAreaAlpha = 150;             // of 255
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

/// The splits are told apart by dashes as well; other lines have those of their task.
std::optional<Qt::PenStyle> splitStyle(LineSpec::Look look) {
  switch (look) {
    case LineSpec::Look::circles:
      return Qt::DashLine;
    case LineSpec::Look::discs:
      return Qt::SolidLine;
    case LineSpec::Look::squares:
      return Qt::DotLine;
    default:
      return std::nullopt;
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
  if (!std::isnan((*y)[row])) return false;
  return gaps || (weights && (*weights)[row] == 0);
}

double LineSpec::floorAt(std::size_t row) const {
  double sum = 0;
  for (const Column* column : under) sum += (*column)[row];
  return sum;
}

double Smoother::next(double value) {
  if (!std::isfinite(value)) return value;
  sum_ = weight_ * sum_ + (1 - weight_) * value;
  power_ *= weight_;
  return sum_ / (1 - power_);
}

PlotLine::PlotLine(const PaneAxes& axes, const LineSpec& spec, double smoothing, bool logarithmic)
    : axes_(axes),
      spec_(spec),
      logarithmic_(logarithmic),
      smoother_(smoothing),
      raw_(axes),
      smoothers_{Smoother(smoothing), Smoother(smoothing)} {
  if (spec.area || (spec.made && !spec.made->low.empty())) makeBand();
  if (spec.pale) raw_.setLayer("ghosts");
  if (spec.look != LineSpec::Look::smoothed || smoothing == 0) return;
  raw_.setLayer("ghosts");
  smooth_.emplace(axes);
  if (spec.pale) smooth_->setLayer("ghosts");
}

PlotLine::~PlotLine() {
  for (const auto& graphs : {std::span(marks_.data(), marks_.size()), std::span(beyond_.data(), 2),
                             std::span(band_.data(), 2)})
    for (QCPGraph* graph : graphs)
      if (graph) graph->parentPlot()->removeGraph(graph);
}

void PlotLine::grow() {
  const std::size_t size = std::min(spec_.x->size(), spec_.y->size());
  if (size == count_) return;
  const std::size_t first = firstDrawn();
  growBand(count_);
  growArea(count_, size);
  QVector<QCPGraphData> raw, smooth;
  raw.reserve(static_cast<qsizetype>(size - count_));
  for (; count_ < size; ++count_) {
    if (spec_.isAbsent(count_)) continue;
    const double x = (*spec_.x)[count_],
                 y = (spec_.floorAt(count_) + (*spec_.y)[count_]) / spec_.unit;
    const double smoothed = smooth_ && std::isfinite(y) ? smoother_.next(y) : kNaN;
    rows_.push_back(count_);
    if (count_ < first) {
      before_.push_back(smoothed);
      continue;
    }
    const auto undrawable = markOf(y);
    if (undrawable)
      mark(*undrawable, x);
    else
      widen(y);
    last_ = undrawable;
    raw.append({x, undrawable ? kNaN : y});
    if (smooth_) smooth.append({x, smoothed});
  }
  raw_.add(raw);
  if (smooth_) smooth_->add(smooth);
}

/// The last row up to `from`, so that the line begins on the one that it leaves.
std::size_t PlotLine::firstDrawn() const {
  const auto after = std::upper_bound(spec_.x->begin(), spec_.x->end(), spec_.from);
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(after - spec_.x->begin() - 1, 0));
}

void PlotLine::makeBand() {
  for (QCPGraph*& graph : band_) {
    graph = axes_.x->parentPlot()->addGraph(axes_.x, axes_.y);
    graph->setLayer("ghosts");
    graph->setPen(Qt::NoPen);
  }
  band_[1]->setChannelFillGraph(band_[0]);
}

/// The columns of a line with a band are made, so they do not grow.
void PlotLine::growBand(std::size_t from) {
  if (!band_[0] || spec_.area) return;
  const auto& made = *spec_.made;
  for (std::size_t side = 0; side < band_.size(); ++side) {
    QVector<QCPGraphData> points;
    for (std::size_t row = from; row < made.x.size(); ++row) {
      const double value = (side == 0 ? made.low : made.high)[row] / spec_.unit;
      if (!std::isfinite(value)) {
        points.append({made.x[row], kNaN});
        continue;
      }
      if (!logarithmic_ || value > 0) widen(value);
      const double shown = smooth_ ? smoothers_[side].next(value) : value;
      points.append({made.x[row], logarithmic_ ? std::max(shown, kLeastPositive) : shown});
    }
    band_[side]->data()->add(points, true);
  }
}

void PlotLine::growArea(std::size_t from, std::size_t to) {
  if (!spec_.area) return;
  for (std::size_t side = 0; side < band_.size(); ++side) {
    QVector<QCPGraphData> points;
    for (std::size_t row = from; row < to; ++row) {
      const double floor = spec_.floorAt(row), top = floor + (*spec_.y)[row];
      const double edge = side == 0 ? floor : top;
      const bool drawn = std::isfinite(top);
      points.append({(*spec_.x)[row], !drawn         ? kNaN
                                      : logarithmic_ ? std::max(edge, kLeastPositive)
                                                     : edge});
    }
    band_[side]->data()->add(points, true);
  }
}

std::optional<PlotLine::Mark> PlotLine::markOf(double value) const {
  if (std::isnan(value)) return kNan;
  if (std::isinf(value)) return value > 0 ? kAbove : kBelow;
  if (logarithmic_ && value <= 0) return kBelow;
  return std::nullopt;
}

void PlotLine::mark(Mark kind, double x) {
  ++undrawable_;
  if (!marks_[kind]) {
    marks_[kind] = makeMarks();
    restyle(style_);
  }
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

QCPGraph* PlotLine::makeMarks() {
  QCPGraph* graph = axes_.x->parentPlot()->addGraph(axes_.x, axes_.edge);
  graph->setLayer("marks");
  graph->setVisible(visible_);
  return graph;
}

void PlotLine::restyle(const PlotStyle& style) {
  style_ = style;
  const QPen pen = this->pen(style);
  QColor filling = pen.color();
  filling.setAlpha(spec_.area ? kAreaAlpha : kBandAlpha);
  if (band_[1]) band_[1]->setBrush(filling);
  const QColor pale = mixed(pen.color(), plotColours(style.theme).background, kGhost);
  raw_.setStyle(smooth_ ? QPen(pale, style.lineWidth) : pen, pointStyle(spec_.look, pen.color()));
  if (smooth_) smooth_->setStyle(pen, {});
  restyleMarks(pen.color());
}

QPen PlotLine::pen(const PlotStyle& style) const {
  QPen pen(taskColour(style.theme, spec_.colour), style.lineWidth,
           taskLineStyle(spec_.dashes.value_or(spec_.colour)));
  if (spec_.pale)
    pen.setColor(mixed(pen.color(), plotColours(style.theme).background, kPaleMember));
  if (spec_.part > 0) pen.setDashPattern(partPattern(spec_.part));
  const auto split = splitStyle(spec_.look);
  if (split && !spec_.dashes) pen.setStyle(*split);
  return pen;
}

void PlotLine::restyleMarks(const QColor& colour) {
  const auto set = [&colour](QCPGraph* graph, bool down, const QBrush& filling) {
    if (!graph) return;
    const auto shape = down ? QCPScatterStyle::ssTriangleInverted : QCPScatterStyle::ssTriangle;
    graph->setPen(QPen(colour, 1));
    graph->setScatterStyle({shape, QPen(colour, 1), filling, kTriangle});
  };
  for (const Mark kind : {kNan, kAbove, kBelow}) set(marks_[kind], kind == kBelow, colour);
  set(beyond_[0], true, Qt::NoBrush);
  set(beyond_[1], false, Qt::NoBrush);
}

void PlotLine::setVisible(bool visible) {
  visible_ = visible;
  raw_.setVisible(visible && (spec_.ghost || !smooth_));
  if (smooth_) smooth_->setVisible(visible);
  for (QCPGraph* graph : band_)
    if (graph) graph->setVisible(visible);
  for (QCPGraph* graph : marks_)
    if (graph) graph->setVisible(visible);
  for (QCPGraph* graph : beyond_)
    if (graph) graph->setVisible(visible);
}

std::size_t PlotLine::sizeWithin(const XRange& range) const {
  const auto& points = *raw_.line().data();
  return static_cast<std::size_t>(points.findEnd(range.upper, false) -
                                  points.findBegin(range.lower, false));
}

std::optional<PlotLine::Point> PlotLine::nearest(double x) const {
  if (rows_.empty()) return std::nullopt;
  const auto at = [this](std::size_t row) { return (*spec_.x)[row]; };
  auto found = std::lower_bound(rows_.begin(), rows_.end(), x,
                                [&](std::size_t row, double value) { return at(row) < value; });
  const bool before =
      found != rows_.begin() && (found == rows_.end() || x - at(*(found - 1)) <= at(*found) - x);
  if (before) --found;
  return pointAt(static_cast<std::size_t>(found - rows_.begin()));
}

std::optional<PlotLine::Point> PlotLine::newest() const {
  return rows_.empty() ? std::nullopt : std::optional(pointAt(rows_.size() - 1));
}

PlotLine::Point PlotLine::pointAt(std::size_t index) const {
  const std::size_t row = rows_[index];
  return {(*spec_.x)[row], (*spec_.y)[row], smoothedAt(index) * spec_.unit};
}

double PlotLine::smoothedAt(std::size_t index) const {
  if (!smooth_) return kNaN;
  if (index < before_.size()) return before_[index];
  return smooth_->line().data()->at(static_cast<int>(index - before_.size()))->value;
}

}  // namespace eq::widgets
