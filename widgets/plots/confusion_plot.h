#pragma once

#include <cstdint>
#include <vector>

#include <QPointF>

#include "widgets/plots/report_plot.h"

class QCPColorMap;
class QCPColorScale;

namespace eq::widgets {

class ClassTicker;
class HeatCells;

/// How often the examples of each class were decided as each class, as a heat map: a row a target
/// class, a column a predicted class. Cells are counts, or shares of the target class.
class ConfusionPlot : public ReportPlot {
  Q_OBJECT

 public:
  ConfusionPlot(const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// The counts, a series a target class over the predicted classes; shares (in percent) where
  /// those are shown.
  std::vector<Series> series() const override;
  void setShares(bool shares);
  /// The number of a cell as it is written; empty where the count is 0.
  QString cellText(std::int64_t target, std::int64_t prediction) const;

 signals:
  /// A cell was clicked. \param task of the run.
  void cellChosen(std::size_t task, eq::train::SplitName split, std::int64_t target,
                  std::int64_t predicted);

 protected:
  void draw(const metric::ClassReport* report) override;
  QString tipAt(const metric::ClassReport& report, double x, double y) const override;
  QString remark(const metric::ClassReport& report) const override;
  QString obstacle(const metric::ClassReport& report) const override;
  void restyle(const PlotStyle& style) override;

 private:
  void makeMap();
  void choose(const QPointF& place);
  void nameClasses(std::int64_t classes);
  /// Slants the names below the plot where they have no room side by side.
  void slantNames();
  void fillMap(const metric::ClassReport& report);
  double shown(const metric::ClassReport& report, std::int64_t target,
               std::int64_t prediction) const;

  QToolButton* shares_;
  QPointF pressed_;  ///< where the mouse went down
  QCPColorMap* map_ = nullptr;
  QCPColorScale* scale_ = nullptr;
  HeatCells* cells_ = nullptr;
  QSharedPointer<ClassTicker> xNames_, yNames_;
};

}  // namespace eq::widgets
