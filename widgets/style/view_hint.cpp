#include "widgets/style/view_hint.h"

#include <QAbstractItemModel>
#include <QAbstractItemView>
#include <QEvent>

namespace eq::widgets {

ViewHint::ViewHint(QAbstractItemView* view, const QString& text)
    : QLabel(text, view->viewport()), view_(view) {
  setAlignment(Qt::AlignCenter);
  setWordWrap(true);
  setMargin(12);
  setForegroundRole(QPalette::PlaceholderText);
  setAttribute(Qt::WA_TransparentForMouseEvents);
  view->viewport()->installEventFilter(this);
  const auto* model = view->model();
  connect(model, &QAbstractItemModel::rowsInserted, this, &ViewHint::update);
  connect(model, &QAbstractItemModel::rowsRemoved, this, &ViewHint::update);
  connect(model, &QAbstractItemModel::modelReset, this, &ViewHint::update);
  update();
}

bool ViewHint::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Resize) setGeometry(view_->viewport()->rect());
  return QLabel::eventFilter(watched, event);
}

void ViewHint::update() {
  setVisible(view_->model()->rowCount() == 0);
}

}  // namespace eq::widgets
