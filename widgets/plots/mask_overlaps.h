#pragma once

#include "widgets/plots/observed_samples.h"
#include "widgets/plots/sampled_map.h"

class QComboBox;

namespace eq::widgets {

/// How far the masks of tasks overlap, Σ min(a, b)/Σ max(a, b): 1 for equal ones, 0 where none has
/// what another has. On the diagonal how dense each is: its mean. The header chooses among places.
class MaskOverlaps : public SampledMap {
  Q_OBJECT

 public:
  MaskOverlaps(const SharingSeries& series, const RunData& data, PlotLink& link,
               QWidget* parent = nullptr);

  /// Every pair and every density over the observed steps.
  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override;
  QString hint() const override;
  int sampleCount() const override;
  std::int64_t stepOf(int sample) const override;
  Names names(int sample) const override;
  Scale scale(int sample) const override;
  double value(int sample, int row, int column) const override;
  QString cellText(double value) const override;
  QString remark(int sample) const override;
  QString tip(int sample, int row, int column) const override;

 private:
  void offerPlaces();
  /// Masks at the chosen place, in the order of the tasks.
  std::vector<const ObservedTrack*> masks() const;

  const SharingSeries series_;
  QComboBox* place_;
};

/// Σ min/Σ max of two lists of numbers from 0 on; NaN where one is not finite or both are all 0.
double overlapOf(const std::vector<double>& one, const std::vector<double>& other);

}  // namespace eq::widgets
