#pragma once

#include <vector>

#include "widgets/plots/report_plot.h"

class QCPAxisRect;
class QCPBars;
class QCPErrorBars;
class QCPGraph;
class QCPItemText;

namespace eq::widgets {

/// Reliability diagram: how often the predicted class was right, over 15 bins of its probability.
/// Below, how many examples each bin holds; its numbers are right ones / all.
class ReliabilityPlot : public ReportPlot {
  Q_OBJECT

 public:
  ReliabilityPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);
  /// Says whose diagram it is, where several stand side by side: in the colour of the run. An
  /// empty name: the run is the only one, and the colour is the task's.
  void setRun(const QString& name, int colour);

  /// Over the middles of the bins: accuracy, mean confidence, examples and right ones.
  std::vector<Series> series() const override;
  /// The numbers above a bin's column: "12/15"; empty without examples.
  QString binText(std::size_t bin) const;

 protected:
  void draw(const metric::ClassReport* report) override;
  QString tipAt(const metric::ClassReport& report, double x, double y) const override;
  QString remark(const metric::ClassReport& report) const override;
  QString obstacle(const metric::ClassReport&) const override { return {}; }
  void restyle(const PlotStyle& style) override;

 private:
  void makeUpper();
  void makeLower();
  void drawBins(const metric::ClassReport& report);
  void drawCounts(const metric::ClassReport& report);
  /// In full where there is room.
  void labelConfidence(int width);
  /// "12/15", "15" or nothing above the columns, as there is room.
  void writeCounts();
  void makeRoomForLegend();

  QCPBars* accuracy_ = nullptr;
  QCPGraph* diagonal_ = nullptr;
  QCPGraph* points_ = nullptr;
  QCPErrorBars* gaps_ = nullptr;
  QCPAxisRect* lower_ = nullptr;
  QCPBars* counts_ = nullptr;
  std::vector<QCPItemText*> numbers_;
  bool legendWanted_ = false;  ///< where it has room
  std::optional<int> colour_;  ///< of the run
};

}  // namespace eq::widgets
