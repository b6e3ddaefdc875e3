#include "widgets/plots/plot_cursor.h"

#include <qcustomplot.h>

#include <QLocale>

namespace eq::widgets {
namespace {

constexpr int kDigits = 6;

}  // namespace

PlotCursor::PlotCursor(QCustomPlot& plot) : plot_(plot) {
  plot.addLayer("cursor", plot.layer(plot.layerCount() - 1));
  plot.layer("cursor")->setMode(QCPLayer::lmBuffered);
  line_ = new QCPItemStraightLine(&plot);
  line_->setLayer("cursor");
  text_ = new QCPItemText(&plot);
  text_->setLayer("cursor");
  text_->position->setTypeX(QCPItemPosition::ptPlotCoords);
  text_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  text_->setPadding({4, 1, 4, 1});
  move(std::nullopt);
}

void PlotCursor::move(std::optional<double> x) {
  line_->setVisible(x.has_value());
  text_->setVisible(x.has_value());
  if (x) {
    line_->point1->setCoords(*x, 0);
    line_->point2->setCoords(*x, 1);
    const bool right = plot_.xAxis->coordToPixel(*x) > plot_.axisRect()->center().x();
    text_->setPositionAlignment((right ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignTop);
    text_->position->setCoords(*x, 0);
    text_->setText(QLocale().toString(*x, 'g', kDigits));
  }
  plot_.layer("cursor")->replot();
}

void PlotCursor::restyle(const PlotStyle& style) {
  const PlotColours& colours = plotColours(style.theme);
  line_->setPen(QPen(colours.cursor, 1));
  text_->setColor(colours.background);
  text_->setBrush(colours.cursor);
}

}  // namespace eq::widgets
