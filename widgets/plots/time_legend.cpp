#include "widgets/plots/time_legend.h"

#include <algorithm>

#include <qcustomplot.h>

#include <QFontMetrics>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kLegendRows = 5;
constexpr double kMostHeight = 0.2;  // of the plot's
constexpr int kValueGap = 6;         // pixels between a name and its value
constexpr int kRowSpacing = 3;       // pixels
constexpr int kLeastName = 9;        // characters of a name that is cut
constexpr int kLongestName = 40;     // characters where there is room
constexpr QMargins kMargins{8, 6, 8, 0};
constexpr const char* kWidestValue = "-1.23e-05";

/// An entry with room for a value.
class LegendEntry : public QCPPlottableLegendItem {
 public:
  using QCPPlottableLegendItem::QCPPlottableLegendItem;
  QSize minimumOuterSizeHint() const override { return folded ? QSize(0, 0) : whole(); }
  QSize whole() const { return bare() + QSize(room, 0); }
  QSize bare() const { return QCPPlottableLegendItem::minimumOuterSizeHint(); }
  int icon() const { return bare().width() - text().horizontalAdvance(mPlottable->name()); }
  QFontMetrics text() const { return QFontMetrics(font()); }
  void showName(const QString& shown) {
    if (plottable()->name() != shown) plottable()->setName(shown);
  }
  QString name;         ///< in full
  QString brief;        ///< as it is shown where there is room
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

void TimeLegend::add(QCPGraph& graph, const QString& name, const QString& brief) {
  auto* entry = new LegendEntry(plot_.legend, &graph);
  entry->name = name;
  entry->brief = brief;
  plot_.legend->addItem(entry);
}

QCPGraph& TimeLegend::addSample(const QString& name, Qt::PenStyle dashes) {
  QCPGraph* graph = plot_.addGraph();
  graph->setPen(QPen(Qt::gray, 1, dashes));
  samples_.push_back(graph);
  add(*graph, name, name);
  return *graph;
}

void TimeLegend::clear() {
  plot_.legend->clearItems();
  for (QCPGraph* graph : samples_) plot_.removeGraph(graph);
  samples_.clear();
}

void TimeLegend::setValues(const QStringList& values) {
  values_->texts = values;
}

const QStringList& TimeLegend::values() const {
  return values_->texts;
}

int TimeLegend::mostRows(const PlotStyle& style) const {
  if (style.width > 0) return kLegendRows;
  int highest = 1;
  forEntries(*plot_.legend, [&highest](const LegendEntry& entry) {
    highest = std::max(highest, entry.bare().height());
  });
  return std::min(kLegendRows, static_cast<int>(plot_.viewport().height() * kMostHeight) / highest);
}

/// Gives each of so many columns an equal share of the width.
void TimeLegend::fit(int width, int columns, int room) {
  QCPLegend& legend = *plot_.legend;
  const int each = width / std::max(columns, 1) - legend.columnSpacing();
  forEntries(legend, [&](LegendEntry& entry) {
    entry.room = room;
    const int left = each - entry.icon() - room;
    entry.showName(entry.text().elidedText(shortName(entry.brief, kLongestName), Qt::ElideMiddle,
                                           std::max(left, 1)));
  });
}

void TimeLegend::wrap(const PlotStyle& style) {
  QCPLegend& legend = *plot_.legend;
  int widest = 1, least = 1, items = 0;
  int room =
      style.width > 0 ? 0 : QFontMetrics(legend.font()).horizontalAdvance(kWidestValue) + kValueGap;
  forEntries(legend, [&](LegendEntry& entry) {
    entry.folded = false;
    const int text = entry.text().horizontalAdvance(shortName(entry.brief, kLongestName));
    const int cut = std::min(text, kLeastName * entry.text().averageCharWidth());
    widest = std::max(widest, entry.icon() + text);
    least = std::max(least, entry.icon() + cut);
    ++items;
  });
  const int width = style.width > 0 ? style.width : plot_.viewport().width();
  const int rows = std::max(mostRows(style), 1);
  const auto columnsOf = [&](int entry) {
    return std::clamp(width / (entry + legend.columnSpacing()), 1, std::max(items, 1));
  };
  const int needed = (items + rows - 1) / rows;
  if (columnsOf(widest + room) < needed && columnsOf(least + room) < needed) room = 0;
  const int columns = std::max(columnsOf(widest + room), std::min(needed, columnsOf(least + room)));
  fit(width, columns, room);
  if (columns != legend.wrap()) {
    legend.setWrap(columns);
    legend.setFillOrder(QCPLegend::foColumnsFirst, true);
  }
  legend.setVisible(style.legend && items > 0 && mostRows(style) > 0 && columns >= needed);
  forEntries(legend, [&](LegendEntry& entry) { entry.folded = !legend.visible(); });
  legend.setMargins(legend.visible() ? kMargins : QMargins());
  legend.setRowSpacing(legend.visible() ? kRowSpacing : 0);
}

void TimeLegend::restyle(const PlotStyle& style, const std::vector<bool>& shown) {
  std::size_t index = 0;
  forEntries(*plot_.legend, [&](LegendEntry& entry) {
    const bool pale = index < shown.size() && !shown[index];
    entry.setTextColor(pale ? plotColours(style.theme).event : plotColours(style.theme).text);
    ++index;
  });
  for (QCPGraph* sample : samples_)
    sample->setPen(QPen(plotColours(style.theme).text, style.lineWidth, sample->pen().style()));
}

QString TimeLegend::nameAt(const QPoint& point) const {
  QString out;
  if (!plot_.legend->visible()) return out;
  forEntries(*plot_.legend, [&](const LegendEntry& entry) {
    if (entry.outerRect().contains(point)) out = entry.name;
  });
  return out;
}

}  // namespace eq::widgets
