#pragma once

#include "widgets/plots/sharing_series.h"
#include "widgets/plots/time_plot.h"

class QComboBox;

namespace eq::widgets {

/// What the model records of itself, over the steps at which it was observed: every number a line,
/// or shares one on the other as areas. Several tracks of more than one number have axes of their
/// own; where they are many, the header lets choose one. Where they have, and of areas, only the
/// run in focus is shown.
class ObservedPlot : public TimePlot {
  Q_OBJECT

 public:
  /// \param series drawn as areas or lines.
  ObservedPlot(const SharingSeries& series, const RunData& data, PlotLink& link,
               QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override { return series_.label; }
  QString emptyText(const RunData& run) const override;
  QString note() const override;
  QString taskLabel(int task) const override;
  bool isOfFocusAlone() const override;
  std::optional<PlotLine::Extent> fixedExtent(std::optional<int> task) const override;
  void grow() override;

 private:
  void offerTracks();
  /// Whether all of them have axes of their own.
  bool isSplit() const;
  std::vector<LineSpec> linesOf(const RunData& run, const ObservedTrack& track,
                                std::optional<int> pane) const;

  const SharingSeries series_;
  QComboBox* track_;
};

/// The penalties that the model adds to the losses, over all steps.
class PenaltiesPlot : public TimePlot {
  Q_OBJECT

 public:
  PenaltiesPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  std::vector<LineSpec> lines(const RunData& run) const override;
  QString yLabel() const override;
  QString emptyText(const RunData& run) const override;
};

}  // namespace eq::widgets
