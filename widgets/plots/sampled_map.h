#pragma once

#include <functional>

#include <QSharedPointer>
#include <QStringList>

#include "widgets/plots/sampled_panel.h"

class QCPColorMap;
class QMouseEvent;

namespace eq::widgets {

class ClassTicker;
class HeatCells;

/// A heat map of named rows and columns that was measured at sampled steps. Names that have no room
/// are left out: a tip says everything of the cell under the mouse. To add one: derive and say what
/// a sample holds.
class SampledMap : public SampledPanel {
  Q_OBJECT

 public:
  SampledMap(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);

 protected:
  /// How values are seen.
  struct Scale {
    QString label;
    double least = 0, most = 1;
    std::function<QColor(Theme, double)> colourOf;  ///< of a value
  };
  struct Names {
    QStringList rows, columns;
  };

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
  void makeMap();
  void mouseMoved(const QMouseEvent& event);

  QCPColorMap* map_ = nullptr;
  QCPColorScale* scale_ = nullptr;
  HeatCells* cells_ = nullptr;
  QSharedPointer<ClassTicker> xNames_, yNames_;
};

}  // namespace eq::widgets
