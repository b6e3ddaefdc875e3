#include "widgets/runs/timeline.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/typed_number.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

QString titleOf(const std::string& kind) {
  static const QHash<QString, QString> titles{
      {"command", Timeline::tr("Change")},       {"checkpoint", Timeline::tr("Checkpoint")},
      {"nonfinite", Timeline::tr("Not finite")}, {"note", Timeline::tr("Note")},
      {"started", Timeline::tr("Start")},        {"resumed", Timeline::tr("Resumed")},
      {"paused", Timeline::tr("Paused")},        {"continued", Timeline::tr("Goes on")},
      {"finished", Timeline::tr("Finished")},    {"stopped", Timeline::tr("Stopped")},
      {"failed", Timeline::tr("Failed")},        {"rule", Timeline::tr("Rule")},
      {"table", Timeline::tr("Table")},          {"merge", Timeline::tr("Merged")}};
  const auto text = shownName(kind);
  return titles.value(text, text);
}

}  // namespace

Timeline::Timeline(const RunData& data, PlotLink& link, QWidget* parent)
    : QWidget(parent), data_(data), link_(link) {
  list_ = new QTreeWidget(this);
  list_->setColumnCount(3);
  list_->setHeaderLabels({tr("Step"), tr("Event"), tr("What")});
  list_->setRootIsDecorated(false);
  list_->setUniformRowHeights(true);
  list_->setAlternatingRowColors(true);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->setAccessibleName(tr("Events of the run"));
  new TableCopy(*list_, tr("Events of the run"));
  list_->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
  list_->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);

  new ViewHint(list_,
               tr("Changes, checkpoints, notes and numbers that are not finite stand here, with "
                  "the step at which they came."));

  note_ = new QLineEdit(this);
  note_->setAccessibleName(tr("Note"));
  connect(note_, &QLineEdit::returnPressed, this, [this] {
    if (note_->text().trimmed().isEmpty()) return;
    emit noteRequested(note_->text().trimmed());
    note_->clear();
  });
  setRunning(false);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(list_);
  layout->addWidget(note_);

  connect(list_, &QTreeWidget::itemClicked, this, [this](QTreeWidgetItem* item) {
    link_.setCursor(data_.xAt(item->data(0, Qt::UserRole).toLongLong(), link_.unit()));
  });
  connect(list_, &QTreeWidget::customContextMenuRequested, this, &Timeline::showMenu);
  connect(&data_, &RunData::restarted, this, &Timeline::restart);
  connect(&data_, &RunData::changed, this, &Timeline::refresh);
  refresh();
}

void Timeline::showMenu(const QPoint& place) {
  auto* menu = new QMenu(list_);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  if (const auto* item = list_->itemAt(place)) {
    const auto step = item->data(0, Qt::UserRole).toLongLong();
    connect(menu->addAction(tr("Fork from step %1…").arg(countText(step))), &QAction::triggered,
            this, [this, step] { emit forkRequested(step); });
    if (item->data(1, Qt::UserRole).toString() == "command" && step > 0)
      connect(menu->addAction(tr("Undo this change: fork from step %1…").arg(countText(step - 1))),
              &QAction::triggered, this, [this, step] { emit undoRequested(step); });
  }
  menu->addActions(list_->actions());
  menu->popup(list_->viewport()->mapToGlobal(place));
}

void Timeline::setRunning(bool running) {
  note_->setEnabled(running);
  note_->setPlaceholderText(running ? tr("A note at the present step, then Enter")
                                    : tr("Notes can be made while a run goes on"));
}

int Timeline::count() const {
  return list_->topLevelItemCount();
}

void Timeline::restart() {
  list_->clear();
  shown_ = 0;
  refresh();
}

void Timeline::refresh() {
  const auto& events = data_.events();
  if (shown_ == events.size()) return;
  for (; shown_ < events.size(); ++shown_) {
    const auto& event = events[shown_];
    auto* item = new QTreeWidgetItem(list_);
    item->setText(0, countText(event.step));
    item->setTextAlignment(0, Qt::AlignRight | Qt::AlignVCenter);
    item->setData(0, Qt::UserRole, static_cast<qlonglong>(event.step));
    item->setText(1, titleOf(event.kind));
    item->setData(1, Qt::UserRole, QString::fromStdString(event.kind));
    item->setText(2, shownName(event.text));
    item->setToolTip(2, plainToolTip(QString::fromStdString(event.text)));
  }
  list_->scrollToBottom();
}

}  // namespace eq::widgets
