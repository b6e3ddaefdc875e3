#include "widgets/message_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QStyle>
#include <QToolButton>

namespace eq::widgets {

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::AlternateBase);
  icon_ = new QLabel(this);
  label_ = new QLabel(this);
  label_->setWordWrap(true);
  label_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  auto* close = new QToolButton(this);
  close->setIcon(style()->standardIcon(QStyle::SP_TitleBarCloseButton));
  close->setAutoRaise(true);
  close->setToolTip(tr("Close this message"));
  close->setAccessibleName(tr("Close this message"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 4, 6, 4);
  layout->addWidget(icon_);
  layout->addWidget(label_, 1);
  layout->addWidget(close);
  connect(close, &QToolButton::clicked, this, &MessageBar::clear);
  connect(label_, &QLabel::linkActivated, this, &MessageBar::linkActivated);
  hide();
}

void MessageBar::show(const QString& icon, const QString& text, const QString& link) {
  text_ = text;
  icon_->setText(icon);
  QString html = text.toHtmlEscaped();
  if (!link.isEmpty()) html += QString(" <a href=\"act\">%1</a>").arg(link.toHtmlEscaped());
  label_->setText(html);
  setVisible(true);
}

void MessageBar::showError(const QString& text) {
  show(QStringLiteral("⚠"), text, {});
}

void MessageBar::showNote(const QString& text, const QString& link) {
  show(QStringLiteral("ℹ"), text, link);
}

QString MessageBar::text() const {
  return isHidden() ? QString() : text_;
}

void MessageBar::clear() {
  hide();
}

}  // namespace eq::widgets
