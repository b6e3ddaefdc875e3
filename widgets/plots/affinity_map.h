#pragma once

#include <cstdint>
#include <optional>

#include "core/base/task_grouping.h"
#include "widgets/plots/sampled_map.h"

class QComboBox;
class QSpinBox;
class QToolButton;

namespace eq::widgets {

/// What a step along one task's gradient (row) does for another's loss (column), above 0 it helps:
/// 1 - L_j(θ - η g_i)/L_j as it was looked ahead, exact, or in first order from the gradients that
/// are compared anyway, η <g_i, g_j>/L_j (Fifty et al., NeurIPS 2021). The mean of all samples, or
/// one. The header says which of the two it is, and which grouping of the tasks the mean suggests.
class AffinityMap : public SampledMap {
  Q_OBJECT

 public:
  enum class How { firstOrder, lookAhead };

  AffinityMap(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Without a choice: as it was looked ahead, where that was done.
  How how() const;

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
  std::int64_t stepOf(int sample) const override;

 private:
  /// Adds the samples that are new to the mean.
  void takeSamples();
  double affinityAt(int sample, int row, int column) const;
  double firstOrder(std::size_t sample, std::size_t i, std::size_t j) const;
  const XColumns& places() const;
  void showChoice();
  QString formText(int sample) const;
  QString groupsText() const;

  QComboBox* choice_;
  std::optional<How> chosen_;  ///< by the user
  How shown_ = How::firstOrder;
  QToolButton* mean_;
  QSpinBox* groups_;
  Column sums_, counts_;  ///< [task * task]
  int taken_ = 0;         ///< samples in them
  std::optional<TaskGrouping> grouping_;
};

}  // namespace eq::widgets
