#include "widgets/plots/losses_plot.h"

#include <cmath>
#include <map>

#include <QLabel>
#include <QSlider>

namespace eq::widgets {
namespace {

// The slider counts tenths of a decade of the steps that the mean reaches back: 0 -> 1 (raw), 30 ->
// 1000.
constexpr double kPerDecade = 10;
constexpr int kMost = 30;

double weightOf(int position) {
  return 1 - std::pow(10, -position / kPerDecade);
}
int positionOf(double weight) {
  return static_cast<int>(std::lround(-std::log10(1 - weight) * kPerDecade));
}

}  // namespace

LossesPlot::LossesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Losses"), data, link, parent) {
  addSmoothing();
  splitByTask();
}

void LossesPlot::addSmoothing() {
  smoothing_ = new QSlider(Qt::Horizontal, this);
  smoothing_->setRange(0, kMost);
  smoothing_->setFixedWidth(110);
  smoothing_->setAccessibleName(tr("Smoothing"));
  auto* label = new QLabel(this);
  label->setBuddy(smoothing_);
  const auto show = [this, label](double weight) {
    const QSignalBlocker blocker(smoothing_);
    smoothing_->setValue(positionOf(weight));
    label->setText(tr("Smoothing %1").arg(weight, 0, 'f', 3));
    smoothing_->setToolTip(
        tr("Debiased exponential mean over about %1 steps").arg(std::lround(1 / (1 - weight))));
  };
  show(link().smoothing());
  connect(smoothing_, &QSlider::valueChanged, this,
          [this](int position) { link().setSmoothing(weightOf(position)); });
  connect(&link(), &PlotLink::smoothingChanged, this, show);
  addControl(label);
  addControl(smoothing_);
}

std::vector<LineSpec> LossesPlot::lines() const {
  std::vector<LineSpec> out;
  const XUnit unit = link().unit();
  for (int task = 0; task < data().taskCount(); ++task)
    out.push_back({data().taskName(task), task, &data().x(unit), &data().losses(task),
                   LineSpec::Look::smoothed, 0, &data().weights(task)});
  std::map<int, int> parts;
  for (const TermTrack& term : data().terms())
    out.push_back({tr("%1, %2").arg(data().taskName(term.task), term.name), term.task,
                   &term.track.x.in(unit), &term.track.y, LineSpec::Look::smoothed,
                   ++parts[term.task]});
  for (int task = 0; task < data().taskCount(); ++task)
    if (const Track* track = data().metric(task, "loss", train::SplitName::validation))
      out.push_back({tr("%1, validation").arg(data().taskName(task)), task, &track->x.in(unit),
                     &track->y, LineSpec::Look::discs});
  return out;
}

QString LossesPlot::yLabel() const {
  return tr("Loss");
}

QString LossesPlot::hint() const {
  return data().empty() ? tr("The losses appear here with the first step. Press Start.")
                        : QString();
}

}  // namespace eq::widgets
