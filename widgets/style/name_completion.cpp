#include "widgets/style/name_completion.h"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QLineEdit>
#include <QRegularExpression>
#include <QStringListModel>

namespace eq::widgets {
namespace {

constexpr int kFewestTyped = 2;  // letters of a name, before others are offered

}  // namespace

NameCompletion::NameCompletion(QLineEdit& line)
    : QObject(&line),
      line_(line),
      offered_(new QStringListModel(this)),
      completer_(new QCompleter(offered_, this)) {
  completer_->setWidget(&line_);
  completer_->setFilterMode(Qt::MatchContains);
  completer_->setCaseSensitivity(Qt::CaseInsensitive);
  connect(completer_, qOverload<const QString&>(&QCompleter::activated), this,
          &NameCompletion::complete);
  connect(&line_, &QLineEdit::textEdited, this, &NameCompletion::offer);
  line_.installEventFilter(this);
}

void NameCompletion::setNames(const std::vector<std::string>& names) {
  QStringList offered;
  for (const auto& name : names) offered << QString::fromStdString(name);
  offered_->setStringList(offered);
}

QString NameCompletion::typedName() const {
  static const QRegularExpression name("[A-Za-z_][A-Za-z0-9_.\\[\\]]*$");
  return name.match(line_.text().left(line_.cursorPosition())).captured();
}

void NameCompletion::offer() {
  auto typed = typedName();
  if (typed.startsWith("val.")) typed.replace(0, 3, "validation");
  completer_->setCompletionPrefix(typed);
  const bool helps = completer_->completionCount() > 1 || completer_->currentCompletion() != typed;
  if (typed.size() < kFewestTyped || completer_->completionCount() == 0 || !helps)
    return completer_->popup()->hide();
  completer_->complete(QRect(0, 0, line_.width(), line_.height()));
  completer_->popup()->setMinimumWidth(completer_->popup()->sizeHintForColumn(0) + 30);
}

void NameCompletion::complete(const QString& name) {
  const auto typed = typedName();
  line_.setSelection(line_.cursorPosition() - static_cast<int>(typed.size()),
                     static_cast<int>(typed.size()));
  line_.insert(name);
}

bool NameCompletion::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::KeyPress || !completer_->popup()->isVisible())
    return QObject::eventFilter(watched, event);
  const int key = static_cast<QKeyEvent*>(event)->key();
  const bool chooses =
      key == Qt::Key_Return || key == Qt::Key_Enter || key == Qt::Key_Tab || key == Qt::Key_Escape;
  if (!chooses) return QObject::eventFilter(watched, event);
  event->ignore();  // the popup's
  return true;
}

}  // namespace eq::widgets
