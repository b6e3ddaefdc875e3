#include "widgets/plots/layers_map.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <qcustomplot.h>

#include "widgets/plots/conflict_lines.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kMostColumns = 28;  // pairs of eight tasks

}  // namespace

LayersMap::LayersMap(const RunData& data, PlotLink& link, QWidget* parent)
    : SampledMap(tr("Layer map"), data, link, parent) {
  LayersMap::restart();
}

void LayersMap::restart() {
  SampledMap::restart();
  samples_.clear();
  seen_ = 0;
}

void LayersMap::grow() {
  const auto& conflicts = data().conflicts();
  for (; seen_ < conflicts.size(); ++seen_)
    if (!conflicts[seen_].layers.empty()) samples_.push_back(seen_);
  if (data().pairCount() > kMostColumns) {
    pairs_ = data().newestConflictTrack().worstPairs();
    pairs_.resize(std::min<std::size_t>(pairs_.size(), kMostColumns));
  } else {
    pairs_.resize(static_cast<std::size_t>(data().pairCount()));
    std::iota(pairs_.begin(), pairs_.end(), 0);
  }
  SampledMap::grow();
}

const std::vector<train::LayerConflict>& LayersMap::layersAt(int sample) const {
  return data().conflicts()[samples_[static_cast<std::size_t>(sample)]].layers;
}

QString LayersMap::pairName(int column) const {
  const auto [a, b] = data().pairTasks(pairs_[static_cast<std::size_t>(column)]);
  return tr("%1 – %2").arg(data().taskName(a), data().taskName(b));
}

SampledMap::Names LayersMap::names(int sample) const {
  Names out;
  for (const auto& layer : layersAt(sample)) out.rows << shownName(layer.name);
  for (int column = 0; column < static_cast<int>(pairs_.size()); ++column)
    out.columns << pairName(column);
  return out;
}

SampledMap::Scale LayersMap::scale(int) const {
  return {tr("Cosine"), -1, 1, cosineColour};
}

double LayersMap::value(int sample, int row, int column) const {
  const auto& cosines = layersAt(sample)[static_cast<std::size_t>(row)].cosines;
  const auto pair = static_cast<std::size_t>(pairs_[static_cast<std::size_t>(column)]);
  return pair < cosines.size() ? cosines[pair] : std::nan("");
}

QString LayersMap::cellText(double value) const {
  return fixedText(value, 2);
}

QString LayersMap::remark(int sample) const {
  const auto index = samples_[static_cast<std::size_t>(sample)];
  const double step = data().conflictX().in(XUnit::step)[index];
  QString text = tr("step %1 (%2 of %3), exact%4")
                     .arg(widgets::countText(std::llround(step)), widgets::countText(sample + 1),
                          widgets::countText(sampleCount()), everyText(data()));
  if (data().pairCount() > kMostColumns)
    text += tr(" · the %1 pairs of %2 with the lowest mean cosine")
                .arg(kMostColumns)
                .arg(widgets::countText(data().pairCount()));
  return text;
}

QString LayersMap::tip(int sample, int row, int column) const {
  const auto& layer = layersAt(sample)[static_cast<std::size_t>(row)];
  const double cosine = value(sample, row, column);
  const auto tasks = data().pairTasks(pairs_[static_cast<std::size_t>(column)]);
  const auto normOf = [&layer](int task) {
    const auto at = static_cast<std::size_t>(task);
    return at < layer.norms.size() ? shortText(layer.norms[at]) : QString("–");
  };
  return tr("%1\n%2\ncosine %3\nnorms %4 and %5")
      .arg(shownName(layer.name), pairName(column),
           std::isnan(cosine) ? QString("–") : fixedText(cosine, 3), normOf(tasks.first),
           normOf(tasks.second));
}

std::int64_t LayersMap::stepOf(int sample) const {
  return SampledMap::stepOf(static_cast<int>(samples_[static_cast<std::size_t>(sample)]));
}

QString LayersMap::hint() const {
  if (!samples_.empty()) return {};
  if (!data().experiment().conflict.layers)
    return tr(
        "In which layers the tasks disagree. Tick Layers of the conflict measurement; a sampled "
        "step then takes longer.");
  if (!data().conflicts().empty())
    return tr("This run has no layers to look at yet; an analytic problem has none.");
  return conflictHint(data());
}

std::vector<Series> LayersMap::series() const {
  std::vector<Series> out;
  if (samples_.empty()) return out;
  const auto& x = data().conflictX().in(link().unit());
  Column places;
  for (const auto sample : samples_) places.push_back(x[sample]);
  const int layers = static_cast<int>(layersAt(0).size());
  for (int row = 0; row < layers; ++row)
    for (int column = 0; column < static_cast<int>(pairs_.size()); ++column) {
      Series one{
          tr("cos(%1) in %2")
              .arg(pairName(column), shownName(layersAt(0)[static_cast<std::size_t>(row)].name)),
          toText(link().unit()),
          places,
          {},
          static_cast<int>(out.size())};
      for (int sample = 0; sample < sampleCount(); ++sample)
        one.y.push_back(row < static_cast<int>(layersAt(sample).size()) ? value(sample, row, column)
                                                                        : std::nan(""));
      out.push_back(std::move(one));
    }
  return out;
}

}  // namespace eq::widgets
