#include "widgets/runs/run_labeling.h"

#include <utility>

#include <QAction>
#include <QInputDialog>
#include <QTableView>
#include <QTimer>
#include <QUndoStack>

#include "core/base/error.h"
#include "widgets/runs/run_edit.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {

RunLabeling::RunLabeling(QTableView* table, Chosen chosen, QUndoStack& undo)
    : QObject(table), table_(table), chosen_(std::move(chosen)), undo_(undo) {
  pin_ = add(tr("Pin"), "Ctrl+Alt+P", tr("Keep the run above the others, or no longer"),
             &RunLabeling::pin);
  add(tr("Tag…"), "Ctrl+Alt+T", tr("Words to find the run by: tag ~ \"paper\" in the filter"),
      &RunLabeling::askTag);
  add(tr("Note…"), "Ctrl+Alt+N", tr("What there is to say about the run"), &RunLabeling::askNote);
  update();
}

QAction* RunLabeling::add(const QString& text, const QString& keys, const QString& help,
                          void (RunLabeling::*act)(const study::IndexedRun&)) {
  auto* action = new QAction(text, table_);
  action->setShortcut(QKeySequence(keys));
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  action->setToolTip(QString("%1 (%2)").arg(help, keys));
  action->setStatusTip(help);
  table_->addAction(action);
  actions_.push_back(action);
  connect(action, &QAction::triggered, this, [this, act] {
    if (const auto run = chosen_()) (this->*act)(*run);
  });
  return action;
}

void RunLabeling::update() {
  const auto run = chosen_();
  for (auto* action : actions_) action->setEnabled(run != nullptr);
  pin_->setText(run && run->labels.pinned ? tr("Unpin") : tr("Pin"));
}

void RunLabeling::pin(const study::IndexedRun& run) {
  auto after = run.labels;
  after.pinned = !after.pinned;
  change(run, after, after.pinned ? tr("pinning a run") : tr("unpinning a run"));
}

void RunLabeling::askTag(const study::IndexedRun& run) {
  ask(run, tr("Tag of %1"), &run::RunLabels::tag);
}

void RunLabeling::askNote(const study::IndexedRun& run) {
  ask(run, tr("Note on %1"), &run::RunLabels::note);
}

void RunLabeling::ask(const study::IndexedRun& run, const QString& question,
                      std::string run::RunLabels::*field) {
  auto* dialog = new QInputDialog(table_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  const auto title = question.arg(shortName(run.info.shown().c_str()));
  dialog->setWindowTitle(title);
  dialog->setLabelText(title);
  if (field == &run::RunLabels::note) dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
  dialog->setTextValue(QString::fromStdString(run.labels.*field));
  connect(dialog, &QInputDialog::textValueSelected, this,
          [this, one = run, field](const QString& text) {
            auto after = one.labels;
            after.*field = text.trimmed().toStdString();
            change(one, after, tr("what is said about a run"));
          });
  dialog->open();
}

void RunLabeling::change(const study::IndexedRun& run, const run::RunLabels& after,
                         const QString& what) {
  const auto folder = run.info.folder;
  const auto before = run.labels;
  if (after == before || !set(folder, after)) return;
  undo_.push(new RunEdit(
      menuText(what), [this, folder, after] { return set(folder, after); },
      [this, folder, before] { return set(folder, before); }));
}

bool RunLabeling::set(const std::filesystem::path& folder, const run::RunLabels& labels) {
  try {
    run::setLabels(folder, labels);
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
    return false;
  }
  QTimer::singleShot(0, this, &RunLabeling::changed);
  return true;
}

}  // namespace eq::widgets
