#include "widgets/style/fold.h"

#include <QToolButton>
#include <QVBoxLayout>

namespace eq::widgets {

Fold::Fold(const QString& title, QWidget* content, Rank rank, QWidget* parent)
    : QWidget(parent), title_(title), content_(content) {
  setAccessibleName(title);
  button_ = new QToolButton(this);
  button_->setAutoRaise(true);
  button_->setCheckable(true);
  button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  button_->setFocusPolicy(Qt::StrongFocus);
  button_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  if (rank == Rank::section) {
    auto font = button_->font();
    font.setBold(true);
    font.setPointSizeF(font.pointSizeF() * 1.1);
    button_->setFont(font);
  }
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, rank == Rank::section ? 6 : 0, 0, 0);
  layout->setSpacing(4);
  layout->addWidget(button_);
  layout->addWidget(content_);
  connect(button_, &QToolButton::toggled, this, &Fold::setOpen);
  setNote({});
  setOpen(rank == Rank::section);
}

bool Fold::isOpen() const {
  return button_->isChecked();
}

void Fold::setOpen(bool open) {
  button_->setChecked(open);
  button_->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
  content_->setVisible(open);
}

void Fold::setNote(const QString& note) {
  const QString text = note.isEmpty() ? title_ : QString("%1 · %2").arg(title_, note);
  button_->setText(QString(text).replace('&', "&&"));
  button_->setAccessibleName(text);
}

void unfold(QWidget& inner) {
  for (auto* outer = inner.parentWidget(); outer; outer = outer->parentWidget())
    if (auto* fold = qobject_cast<Fold*>(outer)) fold->setOpen(true);
}

}  // namespace eq::widgets
