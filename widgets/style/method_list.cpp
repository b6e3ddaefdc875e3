#include "widgets/style/method_list.h"

#include <algorithm>
#include <utility>

#include <QKeyEvent>
#include <QLineEdit>
#include <QListView>
#include <QMouseEvent>
#include <QScreen>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include "widgets/style/method_delegate.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

constexpr int kWidest = 560, kHighest = 480;  // logical pixels
constexpr int kRowsOfAPage = 6;

/// Every word of the search stands in one of the texts.
bool matches(const MethodEntry& entry, const QString& search) {
  const QString all = entry.id + ' ' + entry.title + ' ' + entry.summary + ' ' + entry.family;
  const auto words = search.split(' ', Qt::SkipEmptyParts);
  return std::all_of(words.begin(), words.end(),
                     [&](const QString& word) { return all.contains(word, Qt::CaseInsensitive); });
}

/// Where a screen reader gets in one sentence what the lines show.
QString spoken(const MethodEntry& entry) {
  QStringList parts{entry.title, entry.summary};
  if (!entry.unfit.isEmpty()) parts << MethodList::tr("Cannot be chosen: %1").arg(entry.unfit);
  if (!entry.note.isEmpty()) parts << entry.note;
  return parts.join(". ");
}

}  // namespace

MethodList::MethodList(std::vector<MethodEntry> entries, const QString& present, QWidget* box)
    : QFrame(box, Qt::Popup), entries_(std::move(entries)), present_(present), box_(box) {
  setAttribute(Qt::WA_DeleteOnClose);
  setFrameShape(QFrame::StyledPanel);
  search_ = new QLineEdit(this);
  search_->setPlaceholderText(tr("Type to search"));
  search_->setAccessibleName(tr("Search"));
  search_->setClearButtonEnabled(true);
  search_->installEventFilter(this);
  list_ = new QListView(this);
  list_->setAccessibleName(tr("Choices"));
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setFrameShape(QFrame::NoFrame);
  list_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  list_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setItemDelegate(new MethodDelegate(list_));
  model_ = new QStandardItemModel(this);
  list_->setModel(model_);
  new ViewHint(list_, tr("Nothing has all these words in its name or sentence."));
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(4, 4, 4, 4);
  layout->setSpacing(4);
  layout->addWidget(search_);
  layout->addWidget(list_);
  connect(search_, &QLineEdit::textChanged, this, &MethodList::fill);
  connect(list_, &QListView::clicked, this, &MethodList::take);
  fill();
  setFocusProxy(search_);
}

void MethodList::fill() {
  const QString before = model_->rowCount() == 0 ? present_ : highlighted();
  model_->clear();
  QString family;
  for (const auto& entry : entries_) {
    if (!matches(entry, search_->text())) continue;
    if (entry.family != family) {
      auto* header = new QStandardItem(entry.family);
      header->setFlags(Qt::NoItemFlags);
      model_->appendRow(header);
    }
    family = entry.family;
    addEntry(entry);
  }
  highlight(before);
}

void MethodList::addEntry(const MethodEntry& entry) {
  auto* item = new QStandardItem(entry.title);
  item->setData(entry.id, MethodDelegate::Id);
  item->setData(entry.summary, MethodDelegate::Summary);
  item->setData(entry.unfit.isEmpty() ? entry.note : entry.unfit, MethodDelegate::Note);
  item->setData(entry.unfit.isEmpty(), MethodDelegate::Fits);
  item->setData(entry.id == present_, MethodDelegate::Present);
  item->setData(spoken(entry), Qt::AccessibleTextRole);
  item->setToolTip(entry.help);
  item->setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);  // also what does not fit can be read
  model_->appendRow(item);
}

/// The entry, or the first one that can be chosen, or the first at all.
void MethodList::highlight(const QString& id) {
  QModelIndex first, fitting;
  for (int row = 0; row < model_->rowCount(); ++row) {
    const auto index = model_->index(row, 0);
    if (!index.data(MethodDelegate::Id).isValid()) continue;
    if (index.data(MethodDelegate::Id).toString() == id) return list_->setCurrentIndex(index);
    if (!first.isValid()) first = index;
    if (!fitting.isValid() && index.data(MethodDelegate::Fits).toBool()) fitting = index;
  }
  list_->setCurrentIndex(fitting.isValid() ? fitting : first);
}

QString MethodList::highlighted() const {
  return list_->currentIndex().data(MethodDelegate::Id).toString();
}

void MethodList::dropDown() {
  const QRect screen = box_->screen()->availableGeometry();
  const int width = std::min(std::max(box_->width(), kWidest), screen.width());
  const int height = std::min(kHighest, screen.height());
  QPoint place = box_->mapToGlobal(QPoint(0, box_->height()));
  if (place.y() + height > screen.bottom()) place.setY(screen.bottom() - height);
  place.setX(std::clamp(place.x(), screen.left(), screen.right() + 1 - width));
  place.setY(std::max(place.y(), screen.top()));
  setGeometry(QRect(place, QSize(width, height)));
  show();
  search_->setFocus();
  list_->scrollTo(list_->currentIndex(), QAbstractItemView::PositionAtCenter);
}

bool MethodList::eventFilter(QObject* watched, QEvent* event) {
  const bool pressed = watched == search_ && event->type() == QEvent::KeyPress;
  if (pressed && takeKey(static_cast<QKeyEvent*>(event)->key())) return true;
  return QFrame::eventFilter(watched, event);
}

bool MethodList::takeKey(int key) {
  switch (key) {
    case Qt::Key_Up:
      return move(-1), true;
    case Qt::Key_Down:
      return move(1), true;
    case Qt::Key_PageUp:
      return move(-kRowsOfAPage), true;
    case Qt::Key_PageDown:
      return move(kRowsOfAPage), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return take(list_->currentIndex()), true;
    case Qt::Key_Escape:
    case Qt::Key_Tab:
    case Qt::Key_Backtab:
      return close(), true;
    default:
      return false;
  }
}

/// By so many entries; families are no entries.
void MethodList::move(int rows) {
  const int step = rows < 0 ? -1 : 1;
  QModelIndex reached = list_->currentIndex();
  for (int row = reached.row() + step, left = std::abs(rows);
       left > 0 && row >= 0 && row < model_->rowCount(); row += step) {
    if (!model_->index(row, 0).data(MethodDelegate::Id).isValid()) continue;
    reached = model_->index(row, 0);
    --left;
  }
  list_->setCurrentIndex(reached);
  list_->scrollTo(reached);
}

void MethodList::take(const QModelIndex& index) {
  if (!index.data(MethodDelegate::Fits).toBool()) return;
  const QString id = index.data(MethodDelegate::Id).toString();
  close();
  emit chosen(id);
}

/// A press on the box closes the list, and does not open it anew.
void MethodList::mousePressEvent(QMouseEvent* event) {
  const QPoint place = box_->mapFromGlobal(event->globalPosition().toPoint());
  setAttribute(Qt::WA_NoMouseReplay, box_->rect().contains(place));
  QFrame::mousePressEvent(event);
}

void MethodList::hideEvent(QHideEvent* event) {
  QFrame::hideEvent(event);
  emit closed();
}

}  // namespace eq::widgets
