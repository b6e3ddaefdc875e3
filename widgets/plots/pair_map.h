#pragma once

#include <cstddef>
#include <vector>

#include "widgets/plots/sampled_map.h"

class QComboBox;
class QToolButton;

namespace eq::widgets {

/// What is known of every pair of tasks' gradients as a task-by-task map: the cosines (blue agrees,
/// orange conflicts), or one of the other quantities by choice. Many tasks are sorted by clusters:
/// average linkage on 1 - the mean cosine of all samples; "As given" takes them as they come.
class PairMap : public SampledMap {
  Q_OBJECT

 public:
  enum class What { cosine, angle, magnitudeSimilarity, curvature, frequency, lastHalf };

  /// \param offered one, or those among which the header lets choose.
  PairMap(const QString& title, std::vector<What> offered, const RunData& data, PlotLink& link,
          QWidget* parent = nullptr);

  /// Every pair's values over the sampled steps; of a frequency the newest.
  std::vector<Series> series() const override;
  /// The tasks in the order in which they stand.
  const std::vector<int>& order() const { return order_; }

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
  What what() const;
  void makeOrder();
  QString worstText(int sample) const;
  /// The track of a sample's source, and its row there.
  struct Place {
    const ConflictTrack* track = nullptr;
    std::size_t row = 0;
  };
  Place placeOf(int sample) const;
  Column columnOf(int pair) const;

  const std::vector<What> offered_;
  QComboBox* choice_;
  QToolButton* asGiven_;
  std::vector<int> order_;
  Eigen::MatrixXd shares_;  ///< [task, task], while a frequency is chosen
};

}  // namespace eq::widgets
