/// What a ParallelPlot draws.

#include <algorithm>
#include <limits>

#include <qcustomplot.h>

#include "widgets/study/parallel_plot.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr double kNoShare = std::numeric_limits<double>::quiet_NaN();
constexpr qsizetype kMostWords = 12;  // that an axis names

}  // namespace

/// With a gap before it: many runs are one curve.
void ParallelPlot::addLine(QCPCurve& curve, std::size_t run) const {
  auto order = static_cast<double>(curve.dataCount());
  curve.addData(order++, kNoShare, kNoShare);
  for (std::size_t i = 0; i < axes_.size(); ++i)
    curve.addData(order++, static_cast<double>(i), axes_[i].shareOf(axes_[i].of.values[run]));
}

void ParallelPlot::drawLines() {
  for (auto* curve : curves_) curve->data()->clear();
  for (auto* curve : {pale_, chosenLines_}) curve->data()->clear();
  for (const auto run : drawn_) {
    if (chosen_.contains(runs_[run]->info.folder)) addLine(*chosenLines_, run);
    if (!isBrushed(run)) {
      addLine(*pale_, run);
      continue;
    }
    const double share = axes_.back().shareOf(axes_.back().of.values[run]);
    const auto colour =
        std::min(static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kColours), kColours - 1);
    addLine(*curves_[colour], run);
  }
}

void ParallelPlot::drawAxes() {
  bars_->data()->clear();
  for (auto* text : texts_) plot().removeItem(text);
  for (auto* box : boxes_) plot().removeItem(box);
  texts_.clear();
  boxes_.clear();
  const auto write = [this](double x, double y, const QString& words, Qt::Alignment side) {
    auto* text = new QCPItemText(&plot());
    text->position->setCoords(x, y);
    text->setPositionAlignment(side);
    text->setText(words);
    text->setPadding({3, 1, 3, 1});
    texts_.push_back(text);
  };
  // Those at the edges have the least room to both sides.
  const double share = 0.7 / (static_cast<double>(axes_.size()) - 0.3);
  const int most =
      std::max(8, static_cast<int>(share * plot().width() / fontMetrics().averageCharWidth()));
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    const auto x = static_cast<double>(i);
    const auto& axis = axes_[i];
    auto order = static_cast<double>(bars_->dataCount());
    bars_->addData(order++, kNoShare, kNoShare);
    bars_->addData(order++, x, 0);
    bars_->addData(order, x, 1);
    write(x, 1, shortName(axis.title, most) + (axis.logarithmic ? tr(" (log)") : QString()),
          Qt::AlignHCenter | Qt::AlignBottom);
    texts_.back()->setPadding(
        {3, 1, 3, 2 * fontMetrics().height() / 3});  // above the topmost value
    if (axis.of.categories.isEmpty()) {
      write(x, 0, quantityText(axis.of, axis.low), Qt::AlignHCenter | Qt::AlignTop);
      write(x, 1, quantityText(axis.of, axis.high), Qt::AlignLeft | Qt::AlignVCenter);
    }
    for (qsizetype word = 0; word < std::min(axis.of.categories.size(), kMostWords); ++word)
      write(x, axis.shareOf(static_cast<double>(word)),
            shortName(axis.of.categories[word], kNameInBox), Qt::AlignLeft | Qt::AlignVCenter);
    if (const auto found = brushes_.find(axis.title); found != brushes_.end()) {
      auto* box = new QCPItemRect(&plot());
      box->topLeft->setCoords(x - 0.04, found->second.high);
      box->bottomRight->setCoords(x + 0.04, found->second.low);
      boxes_.push_back(box);
    }
  }
}

void ParallelPlot::restyle(const PlotStyle& style) {
  const auto& colours = plotColours(style.theme);
  QColor faint = colours.axis;
  faint.setAlphaF(0.25F);
  pale_->setPen(QPen(faint, 1));
  for (std::size_t i = 0; i < kColours; ++i) {
    QColor colour = heatColour(style.theme, 0.3 + 0.7 * static_cast<double>(i) / (kColours - 1));
    colour.setAlphaF(0.8F);
    curves_[i]->setPen(QPen(colour, style.lineWidth));
  }
  chosenLines_->setPen(QPen(taskColour(style.theme, 1), style.lineWidth + 1.5));
  bars_->setPen(QPen(colours.axis, 1));
  QColor box = taskColour(style.theme, 0);
  for (auto* one : boxes_) {
    one->setPen(QPen(box, 1));
    QColor fill = box;
    fill.setAlphaF(0.2F);
    one->setBrush(fill);
  }
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  QColor veil = colours.background;
  veil.setAlpha(190);
  for (auto* text : texts_) {
    text->setFont(font);
    text->setColor(colours.text);
    text->setBrush(veil);
  }
}

}  // namespace eq::widgets
