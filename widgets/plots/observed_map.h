#pragma once

#include "widgets/plots/observed_samples.h"
#include "widgets/plots/sampled_map.h"

class QComboBox;

namespace eq::widgets {

/// A matrix that the model records of itself as a heat map: the colours of all steps are on one
/// scale, on both sides of 0 where some numbers are negative. Lists are rows of one map; of several
/// matrices the header lets choose one.
class ObservedMap : public SampledMap {
  Q_OBJECT

 public:
  ObservedMap(const SharingSeries& series, const RunData& data, PlotLink& link,
              QWidget* parent = nullptr);

  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override;
  QString hint() const override;
  int sampleCount() const override { return samples_.count(); }
  std::int64_t stepOf(int sample) const override { return samples_.stepOf(sample); }
  Names names(int sample) const override;
  Scale scale(int sample) const override;
  double value(int sample, int row, int column) const override;
  QString cellText(double value) const override;
  QString remark(int sample) const override;
  QString tip(int sample, int row, int column) const override;

 private:
  ObservedSamples samples_;
  QComboBox* sheet_;
};

}  // namespace eq::widgets
