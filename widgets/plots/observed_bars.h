#pragma once

#include <vector>

#include <QSharedPointer>

#include "widgets/plots/observed_samples.h"
#include "widgets/plots/sampled_panel.h"

class QCPBars;
class QCPBarsGroup;
class QComboBox;
class QMouseEvent;

namespace eq::widgets {

class ClassTicker;

/// What the model records of itself at one step as bars: one a number, beside each other those of
/// several tasks or places. The axis holds the numbers of all steps.
class ObservedBars : public SampledPanel {
  Q_OBJECT

 public:
  ObservedBars(const SharingSeries& series, const RunData& data, PlotLink& link,
               QWidget* parent = nullptr);

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
  void makeBars(const QStringList& rows);
  void mouseMoved(const QMouseEvent& event);

  ObservedSamples samples_;
  QComboBox* sheet_;
  QSharedPointer<ClassTicker> names_;
  QCPBarsGroup* group_;
  std::vector<QCPBars*> bars_;  ///< by row
};

/// Below what it is of, where it hides nothing, and where it takes no room while it is hidden.
void showLegendBelow(QCustomPlot& plot, bool shown);

}  // namespace eq::widgets
