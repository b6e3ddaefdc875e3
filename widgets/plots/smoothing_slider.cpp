#include "widgets/plots/smoothing_slider.h"

#include <cmath>

#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>

#include "widgets/plots/plot_link.h"

namespace eq::widgets {
namespace {

// The slider counts tenths of a decade of the steps that the mean reaches back:
// 0 -> 1 (raw), 30 -> 1000.
constexpr double kPerDecade = 10;
constexpr int kMostReach = 30;

double weightOf(int position) {
  return 1 - std::pow(10, -position / kPerDecade);
}
int positionOf(double weight) {
  return static_cast<int>(std::lround(-std::log10(1 - weight) * kPerDecade));
}

}  // namespace

SmoothingSlider::SmoothingSlider(PlotLink& link, QWidget* parent)
    : QWidget(parent), label_(new QLabel(this)), slider_(new QSlider(Qt::Horizontal, this)) {
  slider_->setRange(0, kMostReach);
  slider_->setFixedWidth(110);
  slider_->setAccessibleName(tr("Smoothing"));
  label_->setBuddy(slider_);
  setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 0, 8, 0);
  layout->addWidget(label_);
  layout->addWidget(slider_);
  tell(link.smoothing());
  connect(slider_, &QSlider::valueChanged, &link, [&link](int position) {
    const auto set = [&link](double weight) {
      return [&link, weight] { link.setSmoothing(weight); };
    };
    const double before = link.smoothing(), after = weightOf(position);
    link.setSmoothing(after);
    emit link.edited({tr("smoothing"), set(after), set(before), "smoothing"});
  });
  connect(&link, &PlotLink::smoothingChanged, this, &SmoothingSlider::tell);
}

void SmoothingSlider::tell(double weight) {
  const QSignalBlocker blocker(slider_);
  slider_->setValue(positionOf(weight));
  const auto steps = std::lround(1 / (1 - weight));
  label_->setText(steps > 1 ? tr("Smoothed over %1 steps").arg(steps) : tr("Not smoothed"));
  slider_->setToolTip(tr("Debiased exponential mean of losses and conflict "
                         "shares over about %1 steps; the pale "
                         "line is raw")
                          .arg(steps));
}

}  // namespace eq::widgets
