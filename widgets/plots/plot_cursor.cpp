#include "widgets/plots/plot_cursor.h"

#include <qcustomplot.h>

#include <QLocale>

namespace eq::widgets {
namespace {

constexpr int kDigits = 6;

}  // namespace

void PlotCursor::addLayer(QCustomPlot& plot) {
  plot.addLayer("cursor", plot.layer(plot.layerCount() - 1));
  plot.layer("cursor")->setMode(QCPLayer::lmBuffered);
}

PlotCursor::PlotCursor(const PaneAxes& axes, bool told)
    : axes_(axes),
      told_(told),
      line_(new QCPItemStraightLine(axes.x->parentPlot())),
      text_(new QCPItemText(axes.x->parentPlot())) {
  for (QCPAbstractItem* item :
       {static_cast<QCPAbstractItem*>(line_), static_cast<QCPAbstractItem*>(text_)}) {
    item->setLayer("cursor");
    item->setClipAxisRect(axes.x->axisRect());
    for (QCPItemPosition* position : item->positions()) {
      position->setAxes(axes.x, axes.y);
      position->setAxisRect(axes.x->axisRect());
    }
  }
  text_->position->setTypeX(QCPItemPosition::ptPlotCoords);
  text_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  text_->setPadding({4, 1, 4, 1});
  move(std::nullopt);
}

PlotCursor::~PlotCursor() {
  QCustomPlot& plot = *line_->parentPlot();
  plot.removeItem(line_);
  plot.removeItem(text_);
}

void PlotCursor::move(std::optional<double> x) {
  line_->setVisible(x.has_value());
  text_->setVisible(x.has_value() && told_);
  if (!x) return;
  line_->point1->setCoords(*x, 0);
  line_->point2->setCoords(*x, 1);
  const bool right = axes_.x->coordToPixel(*x) > axes_.x->axisRect()->center().x();
  text_->setPositionAlignment((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
  text_->position->setCoords(*x, 0);
  text_->setText(QLocale().toString(*x, 'g', kDigits));
}

void PlotCursor::restyle(const PlotStyle& style) {
  const PlotColours& colours = plotColours(style.theme);
  line_->setPen(QPen(colours.cursor, 1));
  text_->setColor(colours.background);
  text_->setBrush(colours.cursor);
}

}  // namespace eq::widgets
