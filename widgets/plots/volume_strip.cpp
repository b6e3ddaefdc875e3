#include "widgets/plots/volume_strip.h"

#include <algorithm>

#include <qcustomplot.h>

namespace eq::widgets {
namespace {

constexpr double kStripShare = 0.35;  // of the height of the picture
constexpr int kStripHeight = 70;      // pixels at least

}  // namespace

void VolumeStrip::setShown(bool shown) {
  if (shown == isShown()) return;
  if (!shown) {
    plot_.removeGraph(graph_);
    plot_.plotLayout()->remove(rect_);
    plot_.plotLayout()->simplify();
    rect_ = nullptr;
    return;
  }
  rect_ = new QCPAxisRect(&plot_);
  rect_->setMinimumSize(kStripHeight, kStripHeight);
  rect_->setRangeDrag({});
  rect_->setRangeZoom({});
  const int row = plot_.plotLayout()->rowCount();  // below the legend
  plot_.plotLayout()->addElement(row, 0, rect_);
  plot_.plotLayout()->setRowStretchFactor(row, kStripShare);
  graph_ = plot_.addGraph(rect_->axis(QCPAxis::atBottom), rect_->axis(QCPAxis::atLeft));
  graph_->setLineStyle(QCPGraph::lsStepLeft);
  graph_->removeFromLegend();
  graph_->keyAxis()->setLabel(QObject::tr("step"));
  graph_->valueAxis()->setLabel(QObject::tr("hypervolume"));
}

void VolumeStrip::draw(const VolumeTrack& track) {
  if (!isShown()) return;
  graph_->setData(QVector<double>(track.steps.begin(), track.steps.end()),
                  QVector<double>(track.volumes.begin(), track.volumes.end()), true);
  if (track.steps.empty()) return;
  const double last = std::max(track.steps.back(), 1.0);
  graph_->keyAxis()->setRange(0, last);
  const double most = *std::max_element(track.volumes.begin(), track.volumes.end());
  graph_->valueAxis()->setRange(0, most > 0 ? 1.08 * most : 1);
}

void VolumeStrip::restyle(const PlotStyle& style) {
  if (!isShown()) return;
  const PlotColours& colours = plotColours(style.theme);
  graph_->setPen(QPen(colours.text, style.lineWidth + 0.5));
  QFont font = plot_.font();
  font.setPointSizeF(style.fontSize);
  for (QCPAxis* axis : {graph_->keyAxis(), graph_->valueAxis()}) {
    axis->setTickLabelFont(font);
    axis->setLabelFont(font);
    axis->setTickLabelColor(colours.text);
    axis->setLabelColor(colours.text);
    for (const auto& set : {&QCPAxis::setBasePen, &QCPAxis::setTickPen, &QCPAxis::setSubTickPen})
      (axis->*set)(QPen(colours.axis));
    axis->grid()->setPen(QPen(colours.grid));
  }
}

}  // namespace eq::widgets
