#include "widgets/plots/observed_curve.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QToolTip>

#include "widgets/plots/observed_bars.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kAroundCurves = 0.06;  // of their extent
constexpr double kDotOfCurve = 5;       // pixels

/// Whether the places of all are numbers, and not all one.
bool areOverPlaces(const std::vector<const ObservedTrack*>& tracks) {
  bool several = false;
  for (const ObservedTrack* track : tracks) {
    bool isNumber = false;
    track->place.toDouble(&isNumber);
    if (!isNumber) return false;
    several = several || track->place != tracks.front()->place;
  }
  return several;
}

}  // namespace

ObservedCurve::ObservedCurve(const SharingSeries& series, const RunData& data, PlotLink& link,
                             QWidget* parent)
    : SampledPanel(series.title(), data, link, parent), series_(series) {
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
  plot().yAxis->setLabel(series.label);
  plot().xAxis->setLabel(series.across.isEmpty() ? series.axes.value(0) : series.across);
  ObservedCurve::restart();
}

void ObservedCurve::restart() {
  SampledPanel::restart();
  for (QCPGraph* graph : graphs_) plot().removeGraph(graph);
  graphs_.clear();
  taken_.clear();
  least_ = std::numeric_limits<double>::infinity();
  most_ = -least_;
}

void ObservedCurve::grow() {
  growExtent();
  SampledPanel::grow();
}

void ObservedCurve::growExtent() {
  for (const ObservedTrack* track : tracksOf(data(), series_)) {
    std::size_t& row = taken_[track];
    for (; row < track->x.in(XUnit::step).size(); ++row)
      for (const Column& entry : track->entries) {
        if (!std::isfinite(entry[row])) continue;
        least_ = std::min(least_, entry[row]);
        most_ = std::max(most_, entry[row]);
      }
  }
}

std::vector<ObservedCurve::Curve> ObservedCurve::curves() const {
  const auto tracks = tracksOf(data(), series_);
  if (areOverPlaces(tracks)) return curvesOverPlaces(tracks);
  std::vector<Curve> out;
  for (const ObservedTrack* track : tracks) {
    Curve curve{trackName(data(), *track),
                track->task < 0 ? static_cast<int>(out.size()) : track->task,
                {}};
    for (std::size_t entry = 0; entry < track->entries.size(); ++entry)
      curve.points.push_back({static_cast<double>(entry), track, entry});
    out.push_back(std::move(curve));
  }
  return out;
}

/// One for each task and number of the tracks.
std::vector<ObservedCurve::Curve> ObservedCurve::curvesOverPlaces(
    const std::vector<const ObservedTrack*>& tracks) const {
  std::vector<Curve> out;
  for (const ObservedTrack* track : tracks)
    for (std::size_t entry = 0; entry < track->entries.size(); ++entry) {
      ObservedTrack alone{track->name, track->task, {}, track->shape, {}, {}};
      QStringList parts{entryName(data(), series_, alone, entry)};
      if (track->task >= 0) parts.prepend(trackName(data(), alone));
      parts.removeAll(QString());
      const QString name = parts.isEmpty() ? series_.title() : parts.join(", ");
      auto curve = std::find_if(out.begin(), out.end(),
                                [&name](const Curve& one) { return one.name == name; });
      if (curve == out.end()) {
        const bool ofTask = track->task >= 0 && track->entries.size() == 1;
        out.push_back({name, ofTask ? track->task : static_cast<int>(out.size()), {}});
        curve = out.end() - 1;
      }
      curve->points.push_back({track->place.toDouble(), track, entry});
    }
  for (Curve& curve : out)
    std::stable_sort(curve.points.begin(), curve.points.end(),
                     [](const Point& one, const Point& other) { return one.x < other.x; });
  return out;
}

const ObservedTrack* ObservedCurve::lead() const {
  const ObservedTrack* lead = nullptr;
  for (const ObservedTrack* track : tracksOf(data(), series_))
    if (!lead || track->x.in(XUnit::step).size() > lead->x.in(XUnit::step).size()) lead = track;
  return lead;
}

int ObservedCurve::sampleCount() const {
  const auto* track = lead();
  return track ? static_cast<int>(track->x.in(XUnit::step).size()) : 0;
}

std::int64_t ObservedCurve::stepOf(int sample) const {
  return std::llround(lead()->x.in(XUnit::step)[static_cast<std::size_t>(sample)]);
}

QString ObservedCurve::hint() const {
  return sampleCount() == 0 ? tr("Nothing of this was observed yet.") : QString();
}

QString ObservedCurve::remark(int sample) const {
  return tr("step %1 (%2 of %3), %4")
      .arg(widgets::countText(stepOf(sample)), widgets::countText(sample + 1),
           widgets::countText(sampleCount()), observedText(data()));
}

double ObservedCurve::valueAt(const Point& point, std::int64_t step) const {
  const Column& steps = point.track->x.in(XUnit::step);
  const auto found = std::lower_bound(steps.begin(), steps.end(), static_cast<double>(step));
  if (found == steps.end() || *found != static_cast<double>(step)) return std::nan("");
  return point.track->entries[point.entry][static_cast<std::size_t>(found - steps.begin())];
}

void ObservedCurve::draw(int sample) {
  const auto all = curves();
  const bool more = graphs_.size() < all.size();
  while (graphs_.size() < all.size()) graphs_.push_back(plot().addGraph());
  double first = std::numeric_limits<double>::infinity(), last = -first;
  bool whole = true;
  for (std::size_t i = 0; i < all.size(); ++i) {
    QVector<double> keys, values;
    for (const Point& point : all[i].points) {
      keys << point.x;
      values << valueAt(point, stepOf(sample));
      first = std::min(first, point.x);
      last = std::max(last, point.x);
      whole = whole && point.x == std::floor(point.x);
    }
    graphs_[i]->setData(keys, values, true);
    graphs_[i]->setName(all[i].name);
  }
  QSharedPointer<QCPAxisTicker> ticker(new QCPAxisTicker);
  if (whole && last - first <= 40) {
    QSharedPointer<QCPAxisTickerFixed> fixed(new QCPAxisTickerFixed);
    fixed->setTickStep(1);
    ticker = fixed;
  }
  plot().xAxis->setTicker(ticker);
  const double around = std::max(last - first, 1e-9) * kAroundCurves;
  if (last >= first) plot().xAxis->setRange(first - around, last + around);
  const double room = std::max(most_ - least_, 1e-9) * kAroundCurves;
  if (most_ >= least_) plot().yAxis->setRange(least_ - room, most_ + room);
  if (more) setStyle(style());
}

void ObservedCurve::restyle(const PlotStyle& style) {
  const auto all = curves();
  for (std::size_t i = 0; i < graphs_.size() && i < all.size(); ++i) {
    const QPen pen = taskPen(style.theme, all[i].colour, std::max(style.lineWidth, 1.5));
    graphs_[i]->setPen(pen);
    graphs_[i]->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssDisc, pen.color(), pen.color(), kDotOfCurve));
  }
  showLegendBelow(plot(), style.legend && graphs_.size() > 1);
}

/// Says the numbers of all curves at the place nearest to the mouse.
void ObservedCurve::mouseMoved(const QMouseEvent& event) {
  const int sample = shownSample();
  QStringList texts;
  const double at = plot().xAxis->pixelToCoord(event.position().x());
  if (sample >= 0 && plot().axisRect()->rect().contains(event.position().toPoint()))
    for (const Curve& curve : curves()) {
      const auto nearest = std::min_element(curve.points.begin(), curve.points.end(),
                                            [at](const Point& one, const Point& other) {
                                              return std::abs(one.x - at) < std::abs(other.x - at);
                                            });
      if (nearest == curve.points.end()) continue;
      const double value = valueAt(*nearest, stepOf(sample));
      texts << tr("%1 at %2: %3")
                   .arg(curve.name, shortText(nearest->x),
                        std::isnan(value) ? QString("–") : shortText(value));
    }
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(texts.join('\n')), &plot());
}

/// Every number over the steps at which it was observed.
std::vector<Series> ObservedCurve::series() const {
  std::vector<Series> out;
  for (const Curve& curve : curves())
    for (const Point& point : curve.points)
      out.push_back({tr("%1 at %2").arg(curve.name, shortText(point.x)), toText(link().unit()),
                     point.track->x.in(link().unit()), point.track->entries[point.entry],
                     static_cast<int>(out.size())});
  return out;
}

}  // namespace eq::widgets
