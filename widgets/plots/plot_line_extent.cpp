/// How far a PlotLine reaches, and what of it lies beyond the axis.

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include "widgets/plots/plot_line.h"

namespace eq::widgets {
namespace {

constexpr std::ptrdiff_t kQuantilePoints = 2000;  // of a graph, that quantiles are taken of
constexpr std::size_t kFewPoints = 20;            // of which none is an outlier
constexpr double kApart = 8;                      // pixels between two marks

}  // namespace

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
  Extent out{values.lower, values.upper};
  for (const QCPGraph* graph : band_) {
    if (!graph) continue;
    const QCPRange side = graph->getValueRange(found, domain, QCPRange(range.lower, range.upper));
    if (!found || (logarithmic_ && side.lower <= kLeastPositive)) continue;
    out = {std::min(out.lower, side.lower), std::max(out.upper, side.upper)};
  }
  return out;
}

/// Values of a graph within a range, as the axis draws them, the newest first.
Column PlotLine::sampleOf(const QCPGraph& graph, const XRange& range) const {
  const auto& points = *graph.data();
  const auto begin = points.findBegin(range.lower, false), end = points.findEnd(range.upper, false);
  const auto stride = std::max<std::ptrdiff_t>((end - begin) / kQuantilePoints, 1);
  Column sample;
  for (auto left = end - begin; left > 0; left -= stride) {
    const double value = (begin + (left - 1))->value;
    if (std::isnan(value) || (logarithmic_ && value <= kLeastPositive)) continue;
    sample.push_back(logarithmic_ ? std::log10(value) : value);
  }
  return sample;
}

/// A band counts as its line does: what is drawn of it is seen.
PlotLine::Extent PlotLine::withoutOutliers(const Extent& whole, const XRange& range) const {
  Column sample = sampleOf(raw_.line(), range);
  if (sample.size() < kFewPoints) return whole;
  Column newest{sample.front()};
  for (const QCPGraph* graph : band_) {
    const Column some = graph ? sampleOf(*graph, range) : Column();
    if (!some.empty()) newest.push_back(some.front());
    sample.insert(sample.end(), some.begin(), some.end());
  }
  const auto [least, most] = std::minmax_element(newest.begin(), newest.end());
  const auto cut = std::max<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(sample.size() / 100), 1);
  std::nth_element(sample.begin(), sample.begin() + cut, sample.end());
  const double low = std::min(sample[static_cast<std::size_t>(cut)], *least);
  std::nth_element(sample.begin(), sample.end() - 1 - cut, sample.end());
  const double high = std::max(*(sample.end() - 1 - cut), *most);
  if (!(high > low)) return whole;
  const auto to = [this](double value) { return logarithmic_ ? std::log10(value) : value; };
  const auto from = [this](double value) { return logarithmic_ ? std::pow(10, value) : value; };
  return {from(std::max(to(whole.lower), low - (high - low))),
          from(std::min(to(whole.upper), high + (high - low)))};
}

void PlotLine::clearBeyond() {
  for (QCPGraph* graph : beyond_)
    if (graph) graph->data()->clear();
}

std::size_t PlotLine::markBeyond() {
  clearBeyond();
  const QCPRange y = axes_.y->range(), x = axes_.x->range();
  if (!extent_ || (extent_->lower >= y.lower && extent_->upper <= y.upper)) return 0;
  std::size_t count = 0;
  const auto& points = *raw_.line().data();
  const auto end = points.findEnd(x.upper, false);
  for (auto point = points.findBegin(x.lower, false); point != end; ++point) {
    if (!(point->value < y.lower || point->value > y.upper)) continue;
    ++count;
    QCPGraph*& graph = beyond_[point->value > y.upper ? 1 : 0];
    if (!graph) {
      graph = makeMarks();
      graph->setLineStyle(QCPGraph::lsNone);
      restyle(style_);
    }
    auto& marks = *graph->data();
    if (marks.isEmpty() ||
        axes_.x->coordToPixel(point->key) - axes_.x->coordToPixel((marks.constEnd() - 1)->key) >=
            kApart)
      marks.add({point->key, point->value > y.upper ? 1 - kNearEdge : kNearEdge});
  }
  return count;
}

}  // namespace eq::widgets
