#include "widgets/style/scrub_label.h"

#include <algorithm>
#include <cmath>

#include <QMouseEvent>

#include "widgets/style/number_boxes.h"

namespace eq::widgets {
namespace {

constexpr double kTenTimes = 200;  // pixels
constexpr double kFromZero = 0.01;
constexpr double kSlow = 0.1;

double dragged(double value, double pixels) {
  const double moved = value == 0
                           ? kFromZero * pixels
                           : value * std::pow(10, (value > 0 ? pixels : -pixels) / kTenTimes);
  return QString::number(moved, 'g', 2).toDouble();
}

}  // namespace

ScrubLabel::ScrubLabel(const QString& text, NumberBox* box, QWidget* parent)
    : QLabel(text, parent), box_(box) {
  setCursor(Qt::SizeHorCursor);
  setToolTip(tr("Drag to the left or right to change the number"));
}

void ScrubLabel::mousePressEvent(QMouseEvent* event) {
  dragging_ = event->button() == Qt::LeftButton && box_->isEnabled();
  from_ = static_cast<int>(event->position().x());
  before_ = box_->value();
}

void ScrubLabel::mouseMoveEvent(QMouseEvent* event) {
  if (!dragging_) return;
  const double speed = event->modifiers() & Qt::ShiftModifier ? kSlow : 1;
  const double value = dragged(before_, speed * (event->position().x() - from_));
  box_->showTyped(std::clamp(value, box_->minimum(), box_->maximum()));
}

void ScrubLabel::mouseReleaseEvent(QMouseEvent*) {
  if (dragging_) box_->settle();
  dragging_ = false;
}

}  // namespace eq::widgets
