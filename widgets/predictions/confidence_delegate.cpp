#include "widgets/predictions/confidence_delegate.h"

#include <algorithm>
#include <cmath>

#include <QPainter>

#include "widgets/style/theme.h"

namespace eq::widgets {
namespace {

constexpr int kBarHeight = 4;
constexpr int kMargin = 3;

}  // namespace

void ConfidenceDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                               const QModelIndex& index) const {
  QStyledItemDelegate::paint(painter, option, index);
  const auto value = index.data(Qt::UserRole);
  const double share = value.toDouble();
  if (!bars_ || !value.isValid() || !std::isfinite(share)) return;
  const auto theme = themeOf(option.palette);
  auto bar = option.rect.adjusted(kMargin, 0, -kMargin, 0);
  const int below = option.rect.center().y() + option.fontMetrics.height() / 2 + 2;
  bar.setTop(std::min(below, option.rect.bottom() - kBarHeight));
  bar.setHeight(kBarHeight);
  painter->fillRect(bar, plotColours(theme).grid);
  bar.setWidth(static_cast<int>(std::lround(bar.width() * std::clamp(share, 0.0, 1.0))));
  painter->fillRect(bar, taskColour(theme, 0));
}

}  // namespace eq::widgets
