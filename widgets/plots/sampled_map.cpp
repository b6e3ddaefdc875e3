#include "widgets/plots/sampled_map.h"

#include <cmath>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QToolTip>

#include "widgets/style/plain_text.h"

namespace eq::widgets {

SampledMap::SampledMap(const QString& title, const RunData& data, PlotLink& link, QWidget* parent)
    : SampledPanel(title, data, link, parent),
      map_(std::make_unique<HeatMap>(plot(), *addColourScale({}))) {
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
}

void SampledMap::restart() {
  SampledPanel::restart();
  map_->clear();
}

std::int64_t SampledMap::stepOf(int sample) const {
  return std::llround(data().conflictX().in(XUnit::step)[static_cast<std::size_t>(sample)]);
}

void SampledMap::draw(int sample) {
  map_->draw({names(sample), scale(sample),
              [&](int row, int column) { return value(sample, row, column); },
              [&](double value) { return cellText(value); }},
             style());
}

void SampledMap::restyle(const PlotStyle& style) {
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  map_->restyle(font, style);
  if (shownSample() >= 0) draw(shownSample());
}

void SampledMap::mouseMoved(const QMouseEvent& event) {
  const int sample = shownSample();
  const auto cell = map_->cellAt(event.position());
  const QString text = sample >= 0 && cell ? tip(sample, cell->first, cell->second) : QString();
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(text), &plot());
}

}  // namespace eq::widgets
