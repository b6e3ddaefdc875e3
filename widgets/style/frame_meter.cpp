#include "widgets/style/frame_meter.h"

#include <algorithm>
#include <cmath>

#include <QEvent>
#include <QTimer>

namespace eq::widgets {
namespace {

constexpr int kDisplayEvery = 500;  // ms
constexpr int kMeterMargin = 6;     // pixels

}  // namespace

FrameMeter::FrameMeter(QWidget* window)
    : QLabel(window), beat_(new QTimer(this)), display_(new QTimer(this)) {
  setAutoFillBackground(true);
  setMargin(4);
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setAccessibleName(tr("Frame times"));
  beat_->setTimerType(Qt::PreciseTimer);
  beat_->setInterval(kBeat);
  display_->setInterval(kDisplayEvery);
  connect(beat_, &QTimer::timeout, this, &FrameMeter::beat);
  connect(display_, &QTimer::timeout, this, &FrameMeter::showTimes);
  window->installEventFilter(this);
  hide();
}

void FrameMeter::setRunning(bool running) {
  if (running == isRunning()) return;
  if (running) {
    clear();
    beat_->start();
    display_->start();
    showTimes();
  } else {
    beat_->stop();
    display_->stop();
  }
  setVisible(running);
}

bool FrameMeter::isRunning() const {
  return display_->isActive();
}

void FrameMeter::beat() {
  if (since_.isValid()) add(static_cast<double>(since_.nsecsElapsed()) / 1e6);
  since_.start();
}

void FrameMeter::add(double milliseconds) {
  frames_[count_++ % kFrames] = milliseconds;
}

void FrameMeter::clear() {
  count_ = 0;
  since_.invalidate();
}

double FrameMeter::percentile(double share) const {
  std::vector<double> sorted(
      frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kFrames)));
  if (sorted.empty()) return 0;
  std::sort(sorted.begin(), sorted.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

void FrameMeter::showTimes() {
  setText(tr("frames: p50 %1 ms, p99 %2 ms (%3)")
              .arg(percentile(0.5), 0, 'f', 1)
              .arg(percentile(0.99), 0, 'f', 1)
              .arg(std::min(count_, kFrames)));
  place();
}

void FrameMeter::place() {
  adjustSize();
  move(parentWidget()->width() - width() - kMeterMargin, kMeterMargin);
  raise();
}

bool FrameMeter::eventFilter(QObject* object, QEvent* event) {
  if (event->type() == QEvent::Resize && isRunning()) place();
  return QLabel::eventFilter(object, event);
}

}  // namespace eq::widgets
