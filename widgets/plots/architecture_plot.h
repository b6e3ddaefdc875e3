#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "widgets/plots/sampled_panel.h"
#include "widgets/plots/sharing_owners.h"

class QMouseEvent;

namespace eq::widgets {

class ArchitectureDrawing;

/// The run's model by owners, as it began and after every change of its structure, with parameters
/// and operations; shared layers have the colour of the mean cosine of their tasks' gradients where
/// the layer map has measured it.
class ArchitecturePlot : public SampledPanel {
  Q_OBJECT

 public:
  ArchitecturePlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Whether the run's record tells of its model.
  static bool any(const RunData& data);
  /// The parameters of every layer over the samples.
  std::vector<Series> series() const override;
  const std::vector<SharingOwner>& owners(int sample) const;
  /// [layer] the mean over pairs of the newest cosines up to a step.
  std::map<std::string, double> cosinesUpTo(std::int64_t step) const;

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;
  int sampleCount() const override { return static_cast<int>(samples_.size()); }
  std::int64_t stepOf(int sample) const override;
  QString remark(int sample) const override;
  void draw(int sample) override;

 private:
  struct Sample {
    std::int64_t step = 0;
    std::vector<SharingOwner> owners;
  };
  /// The last step up to which a sample holds.
  std::int64_t lastStepOf(int sample) const;
  void mouseMoved(const QMouseEvent& event);

  std::vector<Sample> samples_;
  std::size_t seen_ = 0;  ///< events that were looked at
  ArchitectureDrawing* drawing_;
};

}  // namespace eq::widgets
