#pragma once

#include <cstdint>
#include <optional>

#include "widgets/plots/plot_panel.h"

class QSlider;

namespace eq::widgets {

class ForkAction;

/// A plot of what was measured at one of many sampled steps. A slider walks through the samples; at
/// its right end it follows the run. To add one: derive and draw a sample.
class SampledPanel : public PlotPanel {
  Q_OBJECT

 public:
  SampledPanel(const QString& title, const RunData& data, PlotLink& link,
               QWidget* parent = nullptr);

  /// Shows the sample of this index; the last one goes on with the run.
  void setSample(int index);

 protected:
  virtual int sampleCount() const = 0;
  virtual void draw(int sample) = 0;
  /// Step, source and the like, for the header.
  virtual QString remark(int sample) const = 0;
  /// Of a sample, from which the run can be forked.
  virtual std::int64_t stepOf(int sample) const = 0;
  /// Whether the slider says anything now.
  virtual bool walks() const { return true; }

  /// The last one without a choice; -1 without any.
  int shownSample() const;
  void grow() override;
  void restart() override;
  /// Offers a fork from the step that the slider shows.
  void prepareMenu(const std::optional<QPointF>& place) override;

 private:
  void sampleChosen(int index);

  QSlider* slider_;
  ForkAction* fork_;
  bool follows_ = true;
};

}  // namespace eq::widgets
