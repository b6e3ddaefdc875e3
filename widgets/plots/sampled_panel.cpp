#include "widgets/plots/sampled_panel.h"

#include <algorithm>

#include <QSignalBlocker>
#include <QSlider>

#include "widgets/plots/fork_action.h"

namespace eq::widgets {

SampledPanel::SampledPanel(const QString& title, const RunData& data, PlotLink& link,
                           QWidget* parent)
    : PlotPanel(title, data, link, parent),
      slider_(new QSlider(Qt::Horizontal, this)),
      fork_(new ForkAction(link, this)) {
  addMenuActions({fork_});
  slider_->setAccessibleName(tr("Sampled step"));
  slider_->setToolTip(tr("The sampled step; at the right end it follows the run"));
  slider_->setMinimumWidth(90);
  slider_->setRange(0, 0);
  addControl(slider_);
  connect(slider_, &QSlider::valueChanged, this, &SampledPanel::sampleChosen);
}

void SampledPanel::restart() {
  follows_ = true;
}

int SampledPanel::shownSample() const {
  const int last = sampleCount() - 1;
  return follows_ ? last : std::min(slider_->value(), last);
}

void SampledPanel::setSample(int index) {
  slider_->setValue(index);
}

void SampledPanel::prepareMenu(const std::optional<QPointF>&) {
  const int sample = walks() ? shownSample() : -1;
  fork_->offer(sample < 0 ? std::nullopt : std::optional(stepOf(sample)));
}

void SampledPanel::sampleChosen(int index) {
  follows_ = index >= sampleCount() - 1;
  refresh();
}

void SampledPanel::grow() {
  const QSignalBlocker blocker(slider_);
  slider_->setRange(0, std::max(sampleCount() - 1, 0));
  slider_->setEnabled(walks());
  const int sample = shownSample();
  if (sample < 0) return setRemark({});
  slider_->setValue(sample);
  setRemark(remark(sample));
  draw(sample);
}

}  // namespace eq::widgets
