#include "widgets/plots/time_legend.h"

#include <algorithm>

#include <qcustomplot.h>

#include <QFontMetrics>

namespace eq::widgets {
namespace {

constexpr int kLegendRows = 5;
constexpr double kMostHeight = 0.2;  // of the plot's
constexpr int kValueGap = 6;         // pixels between a name and its value
constexpr int kRowSpacing = 3;       // pixels
constexpr QMargins kMargins{8, 6, 8, 0};
constexpr const char* kWidestValue = "-1.23e-05";

/// An entry with room for a value.
class LegendEntry : public QCPPlottableLegendItem {
 public:
  using QCPPlottableLegendItem::QCPPlottableLegendItem;
  QSize minimumOuterSizeHint() const override { return folded ? QSize(0, 0) : whole(); }
  QSize whole() const { return bare() + QSize(room, 0); }
  QSize bare() const { return QCPPlottableLegendItem::minimumOuterSizeHint(); }
  int room = 0;         ///< pixels
  bool folded = false;  ///< takes no place, as the legend is left out
};

template <class Work>
void forEntries(const QCPLegend& legend, Work work) {
  for (int i = 0; i < legend.itemCount(); ++i)  // the last row has empty cells
    if (auto* entry = dynamic_cast<LegendEntry*>(legend.item(i))) work(*entry);
}

}  // namespace

/// The values beside the names, above all other layers.
class TimeLegend::Values : public QCPLayerable {
 public:
  explicit Values(QCustomPlot& plot) : QCPLayerable(&plot, "cursor") {}
  QStringList texts;

 protected:
  void applyDefaultAntialiasingHint(QCPPainter*) const override {}
  void draw(QCPPainter* painter) override {
    const QCPLegend& legend = *mParentPlot->legend;
    if (texts.isEmpty() || !legend.visible()) return;
    painter->setFont(legend.font());
    int index = 0;
    forEntries(legend, [&](const LegendEntry& entry) {
      QRect place = entry.outerRect();
      place.setLeft(place.left() + entry.bare().width() + kValueGap);
      painter->setPen(entry.textColor());
      if (entry.room > 0)
        painter->drawText(place, Qt::AlignLeft | Qt::AlignVCenter, texts.value(index));
      ++index;
    });
  }
};

TimeLegend::TimeLegend(QCustomPlot& plot) : plot_(plot), values_(std::make_unique<Values>(plot)) {
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
  plot.legend->setMargins(kMargins);
  plot.legend->setColumnSpacing(12);
}

TimeLegend::~TimeLegend() = default;

void TimeLegend::add(QCPGraph& graph) {
  plot_.legend->addItem(new LegendEntry(plot_.legend, &graph));
}

void TimeLegend::setValues(const QStringList& values) {
  values_->texts = values;
}

const QStringList& TimeLegend::values() const {
  return values_->texts;
}

void TimeLegend::wrap(const PlotStyle& style) {
  QCPLegend& legend = *plot_.legend;
  int widest = 1, highest = 1, items = 0;
  const int room =
      style.width > 0 ? 0 : QFontMetrics(legend.font()).horizontalAdvance(kWidestValue) + kValueGap;
  forEntries(legend, [&](LegendEntry& entry) {
    entry.room = room;
    widest = std::max(widest, entry.whole().width());
    highest = std::max(highest, entry.whole().height());
    ++items;
  });
  const int width = style.width > 0 ? style.width : plot_.viewport().width();
  const int columns = std::max(width / (widest + legend.columnSpacing()), 1);
  if (columns != legend.wrap()) {
    legend.setWrap(columns);
    legend.setFillOrder(QCPLegend::foColumnsFirst, true);
  }
  const int rows = (items + columns - 1) / columns;
  const bool fits = style.width > 0 || rows * highest <= plot_.viewport().height() * kMostHeight;
  legend.setVisible(style.legend && items > 0 && rows <= kLegendRows && fits);
  forEntries(legend, [&](LegendEntry& entry) { entry.folded = !legend.visible(); });
  legend.setMargins(legend.visible() ? kMargins : QMargins());
  legend.setRowSpacing(legend.visible() ? kRowSpacing : 0);
}

void TimeLegend::restyle(const PlotStyle& style) {
  forEntries(*plot_.legend, [&style](LegendEntry& entry) {
    entry.setTextColor(entry.plottable()->visible() ? plotColours(style.theme).text
                                                    : plotColours(style.theme).event);
  });
}

}  // namespace eq::widgets
