#pragma once

#include <optional>

#include "core/base/task_grouping.h"
#include "widgets/plots/sampled_map.h"

class QSpinBox;
class QToolButton;

namespace eq::widgets {

/// What a step along one task's gradient (row) does for another's loss (column), in first order:
/// 1 - L_j(θ - η g_i)/L_j ≈ η <g_i, g_j>/L_j, above 0 it helps (Fifty et al., NeurIPS 2021). The
/// mean of all samples, or one. The header says which grouping of the tasks the mean suggests.
class AffinityMap : public SampledMap {
  Q_OBJECT

 public:
  AffinityMap(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Every ordered pair over the samples.
  std::vector<Series> series() const override;
  /// Of the mean; none without samples.
  const std::optional<TaskGrouping>& grouping() const { return grouping_; }

 protected:
  void grow() override;
  void restart() override;
  QString hint() const override;
  int sampleCount() const override;
  Names names(int sample) const override;
  Scale scale(int sample) const override;
  double value(int sample, int row, int column) const override;
  QString cellText(double value) const override;
  QString remark(int sample) const override;
  QString tip(int sample, int row, int column) const override;
  bool walks() const override;

 private:
  /// Adds the samples that are new to the mean.
  void takeSamples();
  double affinityAt(int sample, int row, int column) const;
  QString groupsText() const;

  QToolButton* mean_;
  QSpinBox* groups_;
  Column sums_, counts_;  ///< [task * task]
  int taken_ = 0;         ///< samples in them
  std::optional<TaskGrouping> grouping_;
};

}  // namespace eq::widgets
