#pragma once

#include <memory>
#include <vector>

#include <QStringList>

#include "widgets/plots/plot_panel.h"

class QCPGraph;
class QCustomPlot;

namespace eq::widgets {

/// The legend of a TimePlot: above the panes, where it hides no data, in as many columns as fit,
/// with the lines' values at the cursor. A click on a name hides its line; the name stays, pale, to
/// be clicked again.
class TimeLegend {
 public:
  /// \param plot has the layer "cursor", on which the values are drawn.
  explicit TimeLegend(QCustomPlot& plot);
  ~TimeLegend();

  /// An entry behind the others; gone with its graph.
  void add(QCPGraph& graph);
  /// A text for every entry, in their order; none: no values. Seen when the layer is drawn again.
  void setValues(const QStringList& values);
  /// As wide as the plot, or as the style's figure, which shows no values; not shown where it would
  /// take too many rows.
  void wrap(const PlotStyle& style);
  /// Pale for lines that are hidden.
  void restyle(const PlotStyle& style);
  const QStringList& values() const;

 private:
  class Values;
  QCustomPlot& plot_;
  std::unique_ptr<Values> values_;
};

}  // namespace eq::widgets
