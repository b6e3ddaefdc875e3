#include "widgets/style/message_bar.h"

#include <algorithm>
#include <utility>

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QStyle>
#include <QToolButton>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kMost = 2000;    // characters
constexpr int kMostLines = 4;  // at once, so that the window stays in sight
constexpr int kBarMargin = 6;  // pixels to the parent's edges

}  // namespace

MessageBar::MessageBar(QWidget* parent) : QFrame(parent) {
  setFrameShape(QFrame::StyledPanel);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::AlternateBase);
  icon_ = new QLabel(this);
  label_ = new QLabel(this);
  label_->setWordWrap(true);
  label_->setTextFormat(Qt::RichText);
  label_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  scroll_ = new QScrollArea(this);
  scroll_->setWidget(label_);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  label_->setBackgroundRole(QPalette::AlternateBase);
  auto* close = new QToolButton(this);
  close->setIcon(style()->standardIcon(QStyle::SP_TitleBarCloseButton));
  close->setAutoRaise(true);
  close->setToolTip(tr("Close this message"));
  close->setAccessibleName(tr("Close this message"));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(10, 4, 6, 4);
  layout->addWidget(icon_);
  layout->addWidget(scroll_, 1);
  layout->addWidget(close);
  connect(close, &QToolButton::clicked, this, &MessageBar::clear);
  connect(label_, &QLabel::linkActivated, this, &MessageBar::activate);
  if (parent) parent->installEventFilter(this);
  hide();
}

bool MessageBar::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize && isVisible()) place();
  return false;
}

void MessageBar::place() {
  const auto* parent = parentWidget();
  if (!parent) return;
  const int width = std::max(parent->width() - 2 * kBarMargin, 1);
  resize(width, height());
  fit();
  layout()->activate();
  const int high = sizeHint().height();
  setGeometry(kBarMargin, std::max(parent->height() - high - kBarMargin, 0), width, high);
  raise();
}

void MessageBar::show(const QString& icon, const QString& text, const QString& link,
                      const std::function<void()>& action) {
  text_ = text;
  link_ = link;
  action_ = action;
  icon_->setText(icon);
  const QString shown = text.size() > kMost ? text.left(kMost) + "…" : text;
  QString html = shownText(shown).toHtmlEscaped().replace('\n', "<br>");
  if (!link.isEmpty()) html += QString(" <a href=\"act\">%1</a>").arg(link.toHtmlEscaped());
  label_->setText(html);
  setVisible(true);
  fit();
  place();
}

void MessageBar::resizeEvent(QResizeEvent* event) {
  QFrame::resizeEvent(event);
  fit();
}

void MessageBar::fit() {
  const int whole = std::max(0, label_->heightForWidth(scroll_->width()));
  const int most = kMostLines * fontMetrics().lineSpacing();
  scroll_->setFixedHeight(std::min(whole, most));
  scroll_->setFocusPolicy(whole > most ? Qt::StrongFocus : Qt::NoFocus);
}

void MessageBar::add(const QString& text, const QString& link,
                     const std::function<void()>& action) {
  if (isHidden()) return showNote(text, link, action);
  const bool free = link_.isEmpty();
  show(icon_->text(), text_ + "\n" + text, free ? link : link_, free ? action : action_);
}

void MessageBar::showError(const QString& text, const QString& cause) {
  note_ = false;
  cause_ = cause;
  show(QStringLiteral("⚠"), text, {}, {});
}

void MessageBar::showNote(const QString& text, const QString& link,
                          const std::function<void()>& action, const QString& cause) {
  note_ = true;
  cause_ = cause;
  show(QStringLiteral("ℹ"), text, link, action);
}

QString MessageBar::text() const {
  return isHidden() ? QString() : text_;
}

void MessageBar::clear() {
  hide();
}

void MessageBar::resolve(const QString& cause) {
  if (cause_ == cause) clear();
}

void MessageBar::clearNote() {
  if (note_ && !action_) clear();
}

void MessageBar::activate() {
  const auto action = std::exchange(action_, {});
  clear();
  if (action) action();
}

}  // namespace eq::widgets
