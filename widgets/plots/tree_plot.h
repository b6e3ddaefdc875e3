#pragma once

#include "widgets/plots/sampled_panel.h"
#include "widgets/plots/tree_samples.h"

class QMouseEvent;

namespace eq::widgets {

class TreeDrawing;

/// The ways of the tasks from the inputs on the left to their heads on the right: a line a task,
/// side by side through the copies of stages that they share. While branches are drawn, a line is
/// as wide as the share of observations in which it was taken.
class TreePlot : public SampledPanel {
  Q_OBJECT

 public:
  TreePlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// The number of the copy of each stage that a task goes through, or most of it, from 1.
  std::vector<Series> series() const override;

 protected:
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  QString hint() const override;
  int sampleCount() const override { return samples_.count(); }
  std::int64_t stepOf(int sample) const override { return samples_.stepOf(sample); }
  QString remark(int sample) const override;
  void draw(int sample) override;

 private:
  void mouseMoved(const QMouseEvent& event);

  TreeSamples samples_;
  TreeDrawing* drawing_;
};

}  // namespace eq::widgets
