#include "widgets/lab/layer_bars.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QMouseEvent>
#include <QToolTip>

#include "widgets/lab/lab_words.h"
#include "widgets/plots/class_ticker.h"
#include "widgets/plots/observed_bars.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kRoomOfExperts = 0.8;  // of the distance from one tensor to the next
constexpr double kAboveHighest = 1.06;
constexpr int kFill = 200;  // of 255
constexpr int kUprightNames = 24;

}  // namespace

LayerBars::LayerBars(const RunData& data, PlotLink& link, QWidget* parent)
    : PlotPanel(tr("Norms a layer"), data, link, parent),
      what_(new QComboBox(this)),
      names_(new ClassTicker(*plot().xAxis)),
      group_(new QCPBarsGroup(&plot())) {
  what_->setAccessibleName(tr("Norm"));
  what_->addItems({tr("Norm"), tr("Root mean square")});
  addControl(what_);
  connect(what_, &QComboBox::currentIndexChanged, this, &LayerBars::refresh);
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
  plot().xAxis->setTicker(names_);
  plot().xAxis->grid()->setVisible(false);
}

void LayerBars::setFacts(const std::optional<run::LabFacts>& facts) {
  facts_ = facts;
  order_ = facts ? tensorOrder(*facts) : std::vector<std::size_t>();
  refresh();
}

bool LayerBars::isRootMeanSquare() const {
  return what_->currentIndex() == 1;
}

QString LayerBars::quantity() const {
  return isRootMeanSquare() ? tr("Root mean square of τ") : tr("Norm of τ");
}

double LayerBars::valueOf(std::size_t expert, std::size_t place) const {
  const auto& tensor = facts_->vectors[order_[place]];
  const double norm = tensor.norms[expert];
  if (!isRootMeanSquare()) return norm;
  return tensor.size > 0 ? norm / std::sqrt(static_cast<double>(tensor.size)) : 0;
}

void LayerBars::makeBars(std::size_t experts) {
  if (bars_.size() == experts) return;
  for (QCPBars* one : bars_) plot().removePlottable(one);
  bars_.clear();
  for (std::size_t k = 0; k < experts; ++k) {
    bars_.push_back(new QCPBars(plot().xAxis, plot().yAxis));
    bars_.back()->setBarsGroup(group_);
    bars_.back()->setWidth(kRoomOfExperts / static_cast<double>(experts));
  }
  setStyle(style());
}

void LayerBars::grow() {
  makeBars(facts_ ? facts_->experts.size() : 0);
  QStringList names;
  for (const auto index : order_) names << tensorName(facts_->vectors[index].name);
  names_->setNames(names);
  double most = 0;
  for (std::size_t k = 0; k < bars_.size(); ++k) {
    QVector<double> keys, values;
    for (std::size_t place = 0; place < order_.size(); ++place) {
      keys << static_cast<double>(place);
      values << valueOf(k, place);
      most = std::max(most, values.back());
    }
    bars_[k]->setName(shownName(facts_->experts[k].name));
    bars_[k]->setData(keys, values, true);
  }
  plot().xAxis->setRange(-0.5, static_cast<double>(order_.size()) - 0.5);
  const int across = style().width > 0 ? style().width : plot().viewport().width();
  const int wanted = (names_->widest() + 8) * static_cast<int>(names.size());
  plot().xAxis->setTickLabelRotation(names_->widest() > kUprightNames && wanted > 0.7 * across ? 45
                                                                                               : 0);
  plot().yAxis->setRange(0, most > 0 ? kAboveHighest * most : 1);
  plot().yAxis->setLabel(quantity());
}

QString LayerBars::hint() const {
  return facts_ ? QString() : tr("Here stands how far each expert moved each layer.");
}

void LayerBars::restyle(const PlotStyle& style) {
  for (std::size_t k = 0; k < bars_.size(); ++k) {
    QColor colour = taskColour(style.theme, static_cast<int>(k));
    bars_[k]->setPen(QPen(colour, style.lineWidth));
    colour.setAlpha(kFill);
    bars_[k]->setBrush(colour);
  }
  showLegendBelow(plot(), style.legend && bars_.size() > 1);
}

QString LayerBars::tipAt(int place) const {
  if (place < 0 || place >= static_cast<int>(order_.size())) return {};
  const auto index = static_cast<std::size_t>(place);
  const auto& tensor = facts_->vectors[order_[index]];
  QStringList lines{
      tr("%1: %2 numbers").arg(tensorName(tensor.name), widgets::countText(tensor.size))};
  for (std::size_t k = 0; k < bars_.size(); ++k)
    lines << QString("%1: %2").arg(bars_[k]->name(), shortText(valueOf(k, index)));
  return lines.join('\n');
}

void LayerBars::mouseMoved(const QMouseEvent& event) {
  const bool inside = plot().axisRect()->rect().contains(event.position().toPoint());
  const auto place =
      static_cast<int>(std::lround(plot().xAxis->pixelToCoord(event.position().x())));
  QToolTip::showText(event.globalPosition().toPoint(),
                     plainToolTip(inside ? tipAt(place) : QString()), &plot());
}

std::vector<Series> LayerBars::series() const {
  std::vector<Series> all;
  if (!facts_) return all;
  const auto names = expertNames(*facts_);
  for (std::size_t k = 0; k < facts_->experts.size(); ++k) {
    Series one{QString("%1: %2").arg(quantity(), names[static_cast<int>(k)]),
               tr("layer"),
               {},
               {},
               static_cast<int>(k)};
    for (std::size_t place = 0; place < order_.size(); ++place) {
      one.x.push_back(static_cast<double>(place));
      one.y.push_back(valueOf(k, place));
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace eq::widgets
