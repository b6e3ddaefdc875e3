#pragma once

#include <cstddef>
#include <vector>

#include "widgets/plots/sampled_map.h"

namespace eq::widgets {

/// The cosines of the pairs of tasks in each layer that they share, alone: a row a layer from the
/// input on, a column a pair; of many tasks the pairs with the lowest mean cosine.
class LayersMap : public SampledMap {
  Q_OBJECT

 public:
  LayersMap(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Every shown pair in every layer over the sampled steps.
  std::vector<Series> series() const override;
  /// The pairs that are shown, by their numbers.
  const std::vector<int>& pairs() const { return pairs_; }

 protected:
  void grow() override;
  void restart() override;
  QString hint() const override;
  int sampleCount() const override { return static_cast<int>(samples_.size()); }
  Names names(int sample) const override;
  Scale scale(int sample) const override;
  double value(int sample, int row, int column) const override;
  QString cellText(double value) const override;
  QString remark(int sample) const override;
  QString tip(int sample, int row, int column) const override;
  std::int64_t stepOf(int sample) const override;

 private:
  const std::vector<train::LayerConflict>& layersAt(int sample) const;
  QString pairName(int column) const;

  std::vector<std::size_t> samples_;  ///< among the run's conflicts, those with layers
  std::size_t seen_ = 0;              ///< conflicts that were looked at
  std::vector<int> pairs_;
};

}  // namespace eq::widgets
