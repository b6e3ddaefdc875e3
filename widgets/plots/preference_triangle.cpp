#include "widgets/plots/preference_triangle.h"

#include <algorithm>
#include <limits>

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>

#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr QSize kTriangle{168, 112};
constexpr int kMarkRadius = 6;
constexpr double kKeyStep = 0.02;  // of the triangle's width

double cross(const QPointF& a, const QPointF& b) {
  return a.x() * b.y() - a.y() * b.x();
}

}  // namespace

PreferenceTriangle::PreferenceTriangle(const QStringList& names, QWidget* parent)
    : QWidget(parent), names_(names), preference_(3, 1.0 / 3) {
  setFocusPolicy(Qt::StrongFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setAccessibleName(tr("Preference among %1").arg(names.join(", ")));
  setToolTip(
      plainToolTip(tr("How much each task counts: at a corner it alone. Drag, or arrow keys")));
}

QSize PreferenceTriangle::sizeHint() const {
  return kTriangle;
}

void PreferenceTriangle::setPreference(const std::vector<double>& preference) {
  preference_ = preference;
  update();
}

std::vector<QPointF> PreferenceTriangle::corners() const {
  const double text = fontMetrics().height() + 2.0, side = kMarkRadius + 1.0;
  const double foot = height() - text - side;
  return {{side, foot}, {width() - side, foot}, {width() / 2.0, text + side}};
}

QPointF PreferenceTriangle::placeOf(const std::vector<double>& preference) const {
  const auto at = corners();
  return preference[0] * at[0] + preference[1] * at[1] + preference[2] * at[2];
}

/// Barycentric coordinates; of what lies outside, those of the nearest point of an edge.
std::vector<double> PreferenceTriangle::preferenceAt(const QPointF& place) const {
  const auto at = corners();
  const QPointF across = at[1] - at[0], up = at[2] - at[0], there = place - at[0];
  const double area = cross(across, up);
  const double second = cross(there, up) / area, third = cross(across, there) / area;
  if (std::min({1 - second - third, second, third}) >= 0)
    return {1 - second - third, second, third};
  std::vector<double> nearest;
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t from = 0; from < 3; ++from) {
    const auto to = (from + 1) % 3;
    const QPointF edge = at[to] - at[from], beyond = place - at[from];
    const double share =
        std::clamp(QPointF::dotProduct(beyond, edge) / QPointF::dotProduct(edge, edge), 0.0, 1.0);
    const QPointF left = beyond - share * edge;
    if (const double distance = QPointF::dotProduct(left, left); distance < least) {
      least = distance;
      nearest.assign(3, 0.0);
      nearest[from] = 1 - share;
      nearest[to] = share;
    }
  }
  return nearest;
}

void PreferenceTriangle::edit(const QPointF& place) {
  const auto wanted = preferenceAt(place);
  if (wanted == preference_) return;
  setPreference(wanted);
  emit edited();
}

void PreferenceTriangle::mousePressEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) edit(event->position());
}

void PreferenceTriangle::mouseMoveEvent(QMouseEvent* event) {
  if (event->buttons() & Qt::LeftButton) edit(event->position());
}

void PreferenceTriangle::keyPressEvent(QKeyEvent* event) {
  const double step = kKeyStep * width();
  QPointF move;
  switch (event->key()) {
    case Qt::Key_Left:
      move = {-step, 0};
      break;
    case Qt::Key_Right:
      move = {step, 0};
      break;
    case Qt::Key_Up:
      move = {0, -step};
      break;
    case Qt::Key_Down:
      move = {0, step};
      break;
    default:
      return QWidget::keyPressEvent(event);
  }
  edit(placeOf(preference_) + move);
}

void PreferenceTriangle::paintEvent(QPaintEvent*) {
  const Theme theme = themeOf(*this);
  const auto at = corners();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(hasFocus() ? palette().color(QPalette::Highlight) : edgeColour(theme),
                      hasFocus() ? 2 : 1));
  painter.setBrush(palette().base());
  painter.drawPolygon(at.data(), 3);
  painter.setPen(palette().color(QPalette::WindowText));
  const int line = fontMetrics().height();
  const int half = width() / 2 - 2;
  const auto name = [&](int task, const QRect& where, Qt::Alignment alignment) {
    painter.setPen(taskColour(theme, task));
    painter.drawText(where, static_cast<int>(alignment),
                     fontMetrics().elidedText(names_[task], Qt::ElideMiddle, where.width()));
  };
  name(0, {0, height() - line, half, line}, Qt::AlignLeft);
  name(1, {width() - half, height() - line, half, line}, Qt::AlignRight);
  name(2, {0, 0, width(), line}, Qt::AlignHCenter);
  painter.setPen(QPen(palette().color(QPalette::WindowText), 2));
  painter.setBrush(palette().highlight());
  painter.drawEllipse(placeOf(preference_), kMarkRadius, kMarkRadius);
}

}  // namespace eq::widgets
