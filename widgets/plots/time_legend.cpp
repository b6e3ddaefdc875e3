#include "widgets/plots/time_legend.h"

#include <algorithm>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr int kLegendRows = 5;

}  // namespace

TimeLegend::TimeLegend(QCustomPlot& plot) : plot_(plot) {
  auto* row = new QCPLayoutGrid;
  plot.axisRect()->insetLayout()->take(plot.legend);
  plot.plotLayout()->insertRow(0);
  plot.plotLayout()->addElement(0, 0, row);
  row->addElement(0, 0, plot.legend);
  row->addElement(0, 1, new QCPLayoutInset);  // takes the rest of the width
  row->setColumnStretchFactor(0, 0.001);
  plot.plotLayout()->setRowStretchFactor(0, 0.001);
  plot.plotLayout()->setRowSpacing(0);
  plot.legend->setFillOrder(QCPLegend::foColumnsFirst);
  plot.legend->setMargins({8, 6, 8, 0});
  plot.legend->setColumnSpacing(12);
}

void TimeLegend::wrap(const PlotStyle& style) {
  QCPLegend& legend = *plot_.legend;
  int widest = 1, items = 0;
  for (int i = 0; i < legend.itemCount(); ++i) {
    if (!legend.item(i)) continue;  // an empty cell of the last row
    widest = std::max(widest, legend.item(i)->minimumOuterSizeHint().width());
    ++items;
  }
  const int width = style.width > 0 ? style.width : plot_.viewport().width();
  const int columns = std::max(width / (widest + legend.columnSpacing()), 1);
  if (columns != legend.wrap()) {
    legend.setWrap(columns);
    legend.setFillOrder(QCPLegend::foColumnsFirst, true);
  }
  legend.setVisible(style.legend && items > 0 && items <= columns * kLegendRows);
}

void TimeLegend::restyle(const PlotStyle& style) {
  for (int i = 0; i < plot_.legend->itemCount(); ++i)
    if (auto* entry = qobject_cast<QCPPlottableLegendItem*>(plot_.legend->item(i)))
      entry->setTextColor(entry->plottable()->visible() ? plotColours(style.theme).text
                                                        : plotColours(style.theme).event);
}

}  // namespace eq::widgets
