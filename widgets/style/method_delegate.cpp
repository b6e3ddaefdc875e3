#include "widgets/style/method_delegate.h"

#include <QApplication>
#include <QPainter>

namespace eq::widgets {
namespace {

constexpr int kDelegateMargin = 6, kIndent = 14;  // logical pixels

bool isHeading(const QModelIndex& index) {
  return !index.data(MethodDelegate::Id).isValid();
}

QFont boldOf(const QFont& font) {
  QFont bold = font;
  bold.setBold(true);
  return bold;
}

QStringList linesOf(const QModelIndex& index) {
  QStringList lines{index.data().toString()};
  for (const int role : {MethodDelegate::Summary, MethodDelegate::Note})
    if (const auto text = index.data(role).toString(); !text.isEmpty()) lines << text;
  return lines;
}

QColor colourOf(const QStyleOptionViewItem& option, const QModelIndex& index, bool title) {
  const auto& palette = option.palette;
  if (isHeading(index)) return palette.color(QPalette::Active, QPalette::Text);
  if (option.state & QStyle::State_Selected) return palette.color(QPalette::HighlightedText);
  const bool fits = index.data(MethodDelegate::Fits).toBool();
  if (title && fits) return palette.color(QPalette::Text);
  return palette.color(QPalette::PlaceholderText);
}

void drawLine(QPainter& painter, const QStyleOptionViewItem& option, QRect& place,
              const QString& text, const QFont& font, const QColor& colour) {
  const QFontMetrics metrics(font);
  painter.setFont(font);
  painter.setPen(colour);
  const QRect line(place.left(), place.top(), place.width(), metrics.height());
  painter.drawText(line, Qt::AlignVCenter | option.displayAlignment,
                   metrics.elidedText(text, Qt::ElideRight, line.width()));
  place.setTop(line.bottom() + 1);
}

}  // namespace

void MethodDelegate::paint(QPainter* painter, const QStyleOptionViewItem& given,
                           const QModelIndex& index) const {
  QStyleOptionViewItem option = given;
  option.displayAlignment = Qt::AlignLeft;
  painter->save();
  const auto* style = option.widget ? option.widget->style() : QApplication::style();
  if (!isHeading(index))
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
  QRect place = option.rect.adjusted(kDelegateMargin, kDelegateMargin / 2, -kDelegateMargin,
                                     -kDelegateMargin / 2);
  if (isHeading(index)) {
    drawLine(*painter, option, place, index.data().toString(), boldOf(option.font),
             colourOf(option, index, true));
  } else {
    place.setLeft(place.left() + kIndent);
    const auto lines = linesOf(index);
    const bool present = index.data(Present).toBool();
    for (int i = 0; i < lines.size(); ++i)
      drawLine(*painter, option, place, lines[i],
               i == 0 && present ? boldOf(option.font) : option.font,
               colourOf(option, index, i == 0));
  }
  painter->restore();
}

QSize MethodDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
  const QFontMetrics metrics(option.font);
  const auto lines = isHeading(index) ? 1 : linesOf(index).size();
  return {option.rect.width(), static_cast<int>(lines) * metrics.height() + kDelegateMargin};
}

}  // namespace eq::widgets
