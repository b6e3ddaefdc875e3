#pragma once

#include <memory>

#include "widgets/plots/heat_map.h"
#include "widgets/plots/sampled_panel.h"

class QMouseEvent;

namespace eq::widgets {

/// A heat map of named rows and columns that was measured at sampled steps. Names that have no room
/// are left out: a tip says everything of the cell under the mouse. To add one: derive and say what
/// a sample holds.
class SampledMap : public SampledPanel {
  Q_OBJECT

 public:
  SampledMap(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  using Scale = HeatMap::Scale;
  using Names = HeatMap::Names;

  virtual Names names(int sample) const = 0;
  virtual Scale scale(int sample) const = 0;
  /// NaN: nothing to measure.
  virtual double value(int sample, int row, int column) const = 0;
  /// What stands in a cell that has room for it.
  virtual QString cellText(double value) const = 0;
  virtual QString tip(int sample, int row, int column) const = 0;
  /// By default that of the run's conflicts.
  std::int64_t stepOf(int sample) const override;

  void draw(int sample) final;
  void restart() override;
  void restyle(const PlotStyle& style) override;

 private:
  void mouseMoved(const QMouseEvent& event);

  std::unique_ptr<HeatMap> map_;
};

}  // namespace eq::widgets
