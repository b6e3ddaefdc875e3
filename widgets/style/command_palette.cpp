#include "widgets/style/command_palette.h"

#include <algorithm>

#include <QCoreApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPointer>
#include <QTimer>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace eq::widgets {
namespace {

constexpr int kWidth = 620, kHeight = 420, kFromTop = 60;  // pixels

bool hasAll(const QString& text, const QStringList& words) {
  return std::all_of(words.begin(), words.end(),
                     [&](const QString& word) { return text.contains(word, Qt::CaseInsensitive); });
}

/// 0 is best; -1: not among them.
int rankOf(const Reachable& one, const QString& typed, const QStringList& words) {
  if (one.name.startsWith(typed, Qt::CaseInsensitive)) return 0;
  if (hasAll(one.name, words)) return 1;
  return hasAll(one.place + ' ' + one.name, words) ? 2 : -1;
}

}  // namespace

std::vector<std::size_t> matching(const std::vector<Reachable>& all, const QString& words) {
  const auto typed = words.trimmed();
  const auto parts = typed.split(' ', Qt::SkipEmptyParts);
  std::vector<std::pair<int, std::size_t>> ranked;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (const int rank = rankOf(all[i], typed, parts); rank >= 0) ranked.emplace_back(rank, i);
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::size_t> found;
  for (const auto& [rank, index] : ranked) found.push_back(index);
  return found;
}

CommandPalette::CommandPalette(QWidget& window)
    : QDialog(&window),
      all_(reachableIn(window)),
      words_(new QLineEdit(this)),
      list_(new QTreeWidget(this)) {
  setAttribute(Qt::WA_DeleteOnClose);
  setWindowTitle(tr("Commands and fields"));
  words_->setPlaceholderText(tr("What to do, or which field: type a part of its name"));
  words_->setAccessibleName(tr("Search"));
  words_->installEventFilter(this);
  list_->setAccessibleName(tr("Found"));
  list_->setColumnCount(3);
  list_->setHeaderLabels({tr("Name"), tr("Where"), tr("Key")});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setFocusPolicy(Qt::NoFocus);
  list_->header()->setStretchLastSection(false);
  list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(2, QHeaderView::ResizeToContents);
  auto* layout = new QVBoxLayout(this);
  layout->addWidget(words_);
  layout->addWidget(list_);
  connect(words_, &QLineEdit::textChanged, this, &CommandPalette::fill);
  connect(list_, &QTreeWidget::itemClicked, this, &CommandPalette::choose);
  fill();
  resize(std::min(kWidth, window.width()), std::min(kHeight, window.height()));
  move(window.mapToGlobal(QPoint((window.width() - width()) / 2, kFromTop)));
}

void CommandPalette::fill() {
  list_->clear();
  for (const auto index : matching(all_, words_->text())) {
    const auto& one = all_[index];
    auto* row = new QTreeWidgetItem(list_, {one.name, one.place, one.key});
    row->setData(0, Qt::UserRole, QVariant::fromValue(index));
    for (int column = 0; column < 3; ++column) row->setToolTip(column, one.advice);
    if (!one.enabled) row->setFlags(row->flags() & ~Qt::ItemIsEnabled);
  }
  for (int row = 0; row < list_->topLevelItemCount(); ++row) {
    if (!(list_->topLevelItem(row)->flags() & Qt::ItemIsEnabled)) continue;
    list_->setCurrentItem(list_->topLevelItem(row));
    return;
  }
}

void CommandPalette::choose() {
  const auto* row = list_->currentItem();
  if (!row || !(row->flags() & Qt::ItemIsEnabled)) return;
  const auto go = all_[row->data(0, Qt::UserRole).value<std::size_t>()].go;
  close();
  // Once this dialog has given the keyboard back to the window.
  QTimer::singleShot(0, parent(), go);
}

bool CommandPalette::eventFilter(QObject* object, QEvent* event) {
  if (object != words_ || event->type() != QEvent::KeyPress)
    return QDialog::eventFilter(object, event);
  const auto* key = static_cast<QKeyEvent*>(event);
  switch (key->key()) {
    case Qt::Key_Return:
    case Qt::Key_Enter:
      choose();
      return true;
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
      QCoreApplication::sendEvent(list_, event);
      return true;
    default:
      return false;
  }
}

}  // namespace eq::widgets
