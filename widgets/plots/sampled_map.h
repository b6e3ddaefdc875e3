#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <QSharedPointer>
#include <QStringList>

#include "widgets/plots/plot_panel.h"

class QCPColorMap;
class QLabel;
class QMouseEvent;
class QSlider;

namespace eq::widgets {

class ClassTicker;
class ForkAction;
class HeatCells;

/// A heat map of named rows and columns that was measured at sampled steps. A slider walks through
/// the samples; at its right end it follows the run. Names that have no room are left out: a tip
/// says everything of the cell under the mouse. To add one: derive and say what a sample holds.
class SampledMap : public PlotPanel {
  Q_OBJECT

 public:
  SampledMap(const QString& title, const RunData& data, PlotLink& link, QWidget* parent = nullptr);

  /// Shows the sample of this index; the last one goes on with the run.
  void setSample(int index);

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

  virtual int sampleCount() const = 0;
  virtual Names names(int sample) const = 0;
  virtual Scale scale(int sample) const = 0;
  /// NaN: nothing to measure.
  virtual double value(int sample, int row, int column) const = 0;
  /// What stands in a cell that has room for it.
  virtual QString cellText(double value) const = 0;
  /// Step, source and the like, for the header.
  virtual QString remark(int sample) const = 0;
  virtual QString tip(int sample, int row, int column) const = 0;
  /// Of a sample, from which the run can be forked.
  virtual std::int64_t stepOf(int sample) const;
  /// Whether the slider says anything now.
  virtual bool walks() const { return true; }

  /// The last one without a choice; -1 without any.
  int shownSample() const;
  void grow() override;
  void restart() override;
  void restyle(const PlotStyle& style) override;
  /// Offers a fork from the step that the slider shows.
  void prepareMenu(const std::optional<QPointF>& place) override;

 private:
  void makeMap();
  void sampleChosen(int index);
  void draw(int sample);
  void mouseMoved(const QMouseEvent& event);

  QSlider* slider_;
  ForkAction* fork_;
  QCPColorMap* map_ = nullptr;
  QCPColorScale* scale_ = nullptr;
  HeatCells* cells_ = nullptr;
  QSharedPointer<ClassTicker> xNames_, yNames_;
  bool follows_ = true;
};

}  // namespace eq::widgets
