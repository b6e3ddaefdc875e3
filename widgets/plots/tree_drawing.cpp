#include "widgets/plots/tree_drawing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <QFontMetricsF>

#include "widgets/plots/flow_painter.h"

namespace eq::widgets {
namespace {

constexpr double kLeastShare = 0.005;                    // of a line that can be seen
constexpr double kWidestLane = 6, kNarrowestLane = 1.2;  // pixels
constexpr double kCopyWidth = 8, kAroundLanes = 4;       // pixels
constexpr double kNamesAtMost = 0.3;                     // of the width
constexpr double kBesideName = 6;                        // pixels between a way and a name

/// [task] its place from above: such that those which go together lie side by side where each goes
/// one way, else in their order.
std::vector<std::size_t> ranksOf(const TaskWays& ways) {
  std::vector<std::size_t> order(ways.tasks()), ranks(ways.tasks());
  std::iota(order.begin(), order.end(), std::size_t{0});
  bool whole = true;
  std::vector<std::vector<int>> paths(ways.tasks());
  for (std::size_t task = 0; task < ways.tasks(); ++task)
    for (std::size_t stage = 0; stage < ways.stages.size(); ++stage) {
      const auto copy = ways.copyOf(stage, task);
      whole = whole && (!copy || ways.through(stage, *copy, task) == 1);
      if (copy) paths[task].push_back(*copy);
    }
  if (whole)
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return paths[a] < paths[b]; });
  for (std::size_t rank = 0; rank < order.size(); ++rank) ranks[order[rank]] = rank;
  return ranks;
}

/// In copies that each task goes through wholly or not at all, those lie by their tasks; else in
/// the order of their numbers.
std::vector<double> placesOf(const TaskWays& ways, std::size_t stage,
                             const std::vector<std::size_t>& ranks) {
  const int copies = ways.stages[stage].copies;
  std::vector<double> first(static_cast<std::size_t>(copies)), weight(first.size());
  bool whole = true;
  for (int copy = 0; copy < copies; ++copy) {
    const auto at = static_cast<std::size_t>(copy);
    for (std::size_t task = 0; task < ways.tasks(); ++task) {
      const double share = ways.through(stage, copy, task);
      whole = whole && (share == 0 || share == 1);
      weight[at] += share;
      first[at] += share * static_cast<double>(ranks[task]);
    }
    if (weight[at] > 0) first[at] /= weight[at];
  }
  std::vector<std::size_t> order(first.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (whole)
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return first[a] < first[b]; });
  else
    std::fill(weight.begin(), weight.end(), 1.0);
  const double all = std::accumulate(weight.begin(), weight.end(), 0.0);
  std::vector<double> places(first.size());
  double above = 0;
  for (const auto copy : order) {
    places[copy] = (above + weight[copy] / 2) / std::max(all, 1e-12);
    above += weight[copy];
  }
  return places;
}

}  // namespace

TreeDrawing::TreeDrawing(QCustomPlot& plot) : QCPAbstractItem(&plot) {}

void TreeDrawing::set(TaskWays ways, const QStringList& tasks) {
  ways_ = std::move(ways);
  tasks_ = tasks;
  ranks_ = ranksOf(ways_);
  places_.clear();
  for (std::size_t stage = 0; stage < ways_.stages.size(); ++stage)
    places_.push_back(placesOf(ways_, stage, ranks_));
  heads_.clear();
  const auto count = static_cast<double>(std::max<std::size_t>(ways_.tasks(), 1));
  for (std::size_t task = 0; task < ways_.tasks(); ++task)
    heads_.push_back((static_cast<double>(ranks_[task]) + 0.5) / count);
}

void TreeDrawing::restyle(const QFont& font, Theme theme) {
  font_ = font;
  theme_ = theme;
}

int TreeDrawing::heightWanted() const {
  return static_cast<int>(
             std::ceil(static_cast<double>(ways_.tasks()) * QFontMetricsF(font_).height() * 1.1)) +
         40;
}

/// Names at the right, numbers of the stages above.
void TreeDrawing::arrange() {
  const QFontMetricsF metrics(font_);
  const QRectF all = parentPlot()->axisRect()->rect();
  double names = 0;
  for (const QString& task : tasks_) names = std::max(names, metrics.horizontalAdvance(task));
  names = std::min(names + 2 * kBesideName, kNamesAtMost * all.width());
  area_ = all.adjusted(metrics.horizontalAdvance(QObject::tr("inputs")) + kBesideName,
                       metrics.height() + kBesideName, -names, 0);
}

double TreeDrawing::laneWidth() const {
  const auto tasks = static_cast<double>(std::max<std::size_t>(ways_.tasks(), 1));
  double copies = tasks;
  for (const auto& stage : ways_.stages) copies = std::max(copies, double(stage.copies));
  return std::clamp(0.6 * area_.height() / copies / std::sqrt(tasks), kNarrowestLane, kWidestLane);
}

double TreeDrawing::laneOf(std::size_t stage, int copy, std::size_t task) const {
  double before = 0, all = 0;
  for (std::size_t other = 0; other < ways_.tasks(); ++other) {
    const double share = ways_.through(stage, copy, other);
    if (ranks_[other] < ranks_[task]) before += share;
    all += share;
  }
  return (before + ways_.through(stage, copy, task) / 2 - all / 2) * laneWidth();
}

QPointF TreeDrawing::placeOf(std::size_t stage, int copy) const {
  const double along =
      (static_cast<double>(stage) + 1) / (static_cast<double>(ways_.stages.size()) + 1);
  return {area_.left() + along * area_.width(),
          area_.top() + places_[stage][static_cast<std::size_t>(copy)] * area_.height()};
}

double TreeDrawing::heightOf(std::size_t stage, int copy) const {
  double all = 0;
  for (std::size_t task = 0; task < ways_.tasks(); ++task) all += ways_.through(stage, copy, task);
  return all * laneWidth() + 2 * kAroundLanes;
}

void TreeDrawing::draw(QCPPainter* painter) {
  if (ways_.stages.empty()) return;
  arrange();
  painter->setFont(font_);
  drawWays(*painter);
  drawCopies(*painter);
  drawNames(*painter);
}

void TreeDrawing::drawWays(QCPPainter& painter) const {
  const double lane = laneWidth();
  const double middle = (static_cast<double>(ways_.tasks()) - 1) / 2;
  const auto strand = [&](std::size_t task, double share, const QPointF& from, const QPointF& to) {
    if (share < kLeastShare) return;
    QColor colour = taskColour(theme_, static_cast<int>(task));
    if (share < 0.999) colour.setAlphaF(0.35 + 0.65 * share);
    drawWay(painter, from, to, colour, std::max(share * lane, 0.8));
  };
  for (std::size_t stage = 0; stage < ways_.stages.size(); ++stage)
    for (const auto& link : ways_.stages[stage].links)
      for (std::size_t task = 0; task < ways_.tasks(); ++task) {
        const QPointF to = placeOf(stage, link.above) + QPointF(0, laneOf(stage, link.above, task));
        const QPointF from =
            link.below < 0
                ? QPointF(area_.left(),
                          area_.center().y() + (static_cast<double>(ranks_[task]) - middle) * lane)
                : placeOf(stage - 1, link.below) + QPointF(0, laneOf(stage - 1, link.below, task));
        strand(task, link.shares[task], from, to);
      }
  for (std::size_t task = 0; task < ways_.tasks(); ++task)
    for (const auto& end : ways_.ends[task])
      strand(task, end.share,
             placeOf(end.stage, end.copy) + QPointF(0, laneOf(end.stage, end.copy, task)),
             {area_.right(), area_.top() + heads_[task] * area_.height()});
}

/// One that a single task goes through has its colour.
void TreeDrawing::drawCopies(QCPPainter& painter) const {
  const PlotColours& colours = plotColours(theme_);
  for (std::size_t stage = 0; stage < ways_.stages.size(); ++stage)
    for (int copy = 0; copy < ways_.stages[stage].copies; ++copy) {
      int alone = -1, users = 0;
      for (std::size_t task = 0; task < ways_.tasks(); ++task)
        if (ways_.through(stage, copy, task) >= kLeastShare) {
          alone = static_cast<int>(task);
          ++users;
        }
      const double height = heightOf(stage, copy);
      const QPointF at = placeOf(stage, copy);
      const QRectF box(at.x() - kCopyWidth / 2, at.y() - height / 2, kCopyWidth, height);
      drawBox(painter, box, users == 1 ? taskColour(theme_, alone) : colours.background,
              users == 0 ? colours.grid : colours.text, 1.2);
    }
}

void TreeDrawing::drawNames(QCPPainter& painter) const {
  const PlotColours& colours = plotColours(theme_);
  const double line = QFontMetricsF(font_).height();
  const QRectF all = parentPlot()->axisRect()->rect();
  drawTextIn(
      painter,
      {all.left(), area_.center().y() - line / 2, area_.left() - all.left() - kBesideName, line},
      QObject::tr("inputs"), colours.text, Qt::AlignRight);
  const double step = area_.width() / (static_cast<double>(ways_.stages.size()) + 1);
  for (std::size_t stage = 0; stage < ways_.stages.size(); ++stage) {
    const double middle = area_.left() + (static_cast<double>(stage) + 1) * step;
    drawTextIn(painter, {middle - step / 2, all.top(), step, line},
               QObject::tr("stage %1").arg(stage + 1), colours.text, Qt::AlignHCenter);
  }
  const double room = area_.height() / static_cast<double>(std::max<std::size_t>(tasks_.size(), 1));
  for (qsizetype task = 0; task < tasks_.size(); ++task) {
    const double y = area_.top() + heads_[static_cast<std::size_t>(task)] * area_.height();
    const double height = std::min(room, line);
    drawTextIn(painter,
               {area_.right() + kBesideName, y - height / 2,
                all.right() - area_.right() - kBesideName, height},
               tasks_[task], colours.text, Qt::AlignLeft);
  }
}

std::pair<int, int> TreeDrawing::copyAt(const QPointF& pixel) const {
  for (std::size_t stage = 0; stage < ways_.stages.size(); ++stage)
    for (int copy = 0; copy < ways_.stages[stage].copies; ++copy) {
      const QPointF away = pixel - placeOf(stage, copy);
      if (std::abs(away.x()) <= kCopyWidth && std::abs(away.y()) <= heightOf(stage, copy) / 2 + 2)
        return {static_cast<int>(stage), copy};
    }
  return {-1, -1};
}

}  // namespace eq::widgets
