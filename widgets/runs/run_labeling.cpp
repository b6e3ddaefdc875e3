#include "widgets/runs/run_labeling.h"
#include "widgets/style/done_edit.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QInputDialog>
#include <QMenu>
#include <QPixmap>
#include <QTableView>
#include <QTimer>
#include <QUndoStack>

#include "core/base/error.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

namespace eq::widgets {

namespace {

constexpr int kSwatch = 14;  // pixels

bool allPinned(const RunLabeling::Runs& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const auto& run) { return run->labels.pinned; });
}

/// What all of them say; empty where they say different things.
std::string commonText(const RunLabeling::Runs& runs, std::string run::RunLabels::*field) {
  const auto& first = runs.front()->labels.*field;
  const bool same = std::all_of(runs.begin(), runs.end(),
                                [&](const auto& run) { return run->labels.*field == first; });
  return same ? first : std::string();
}

QString calledRuns(const RunLabeling::Runs& runs) {
  return runs.size() > 1 ? RunLabeling::tr("%1 runs").arg(runs.size())
                         : shortName(runs.front()->info.shown().c_str());
}

}  // namespace

RunLabeling::RunLabeling(QTableView* table, Chosen chosen, QUndoStack& undo)
    : QObject(table), table_(table), chosen_(std::move(chosen)), undo_(undo) {
  pin_ = add(tr("Pin"), "Ctrl+Alt+P", tr("Keep the chosen runs above the others, or no longer"),
             &RunLabeling::pin);
  add(tr("Tag…"), "Ctrl+Alt+T", tr("Words to find the runs by: tag ~ \"paper\" in the filter"),
      &RunLabeling::askTag);
  add(tr("Note…"), "Ctrl+Alt+N", tr("What there is to say about the runs"), &RunLabeling::askNote);
  addColours();
  update();
}

/// In the menu of a row.
void RunLabeling::addColours() {
  colours_ = new QMenu(tr("Colour"), table_);
  colours_->menuAction()->setToolTip(
      tr("The colour of the chosen runs, here and in plots of several runs"));
  connect(colours_, &QMenu::aboutToShow, this, &RunLabeling::fillColours);
  fillColours();
  table_->addAction(colours_->menuAction());
  actions_.push_back(colours_->menuAction());
}

/// As the theme has them now.
void RunLabeling::fillColours() {
  colours_->clear();
  connect(colours_->addAction(tr("No colour of its own")), &QAction::triggered, this,
          [this] { colour(0); });
  for (int i = 1; i <= run::kLabelColours; ++i) {
    QPixmap swatch(kSwatch, kSwatch);
    swatch.fill(taskColour(themeOf(*table_), i - 1));
    connect(colours_->addAction(swatch, tr("Colour %1").arg(i)), &QAction::triggered, this,
            [this, i] { colour(i); });
  }
}

void RunLabeling::colour(int colour) {
  if (const auto runs = chosen_(); !runs.empty())
    change(
        runs, [colour](run::RunLabels& labels) { labels.colour = colour; },
        tr("colour of %1").arg(calledRuns(runs)));
}

QAction* RunLabeling::add(const QString& text, const QString& keys, const QString& help,
                          void (RunLabeling::*act)(const Runs&)) {
  auto* action = new QAction(text, table_);
  action->setShortcut(QKeySequence(keys));
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  action->setToolTip(QString("%1 (%2)").arg(help, keys));
  action->setStatusTip(help);
  table_->addAction(action);
  actions_.push_back(action);
  connect(action, &QAction::triggered, this, [this, act] {
    if (const auto runs = chosen_(); !runs.empty()) (this->*act)(runs);
  });
  return action;
}

void RunLabeling::update() {
  const auto runs = chosen_();
  for (auto* action : actions_) action->setEnabled(!runs.empty());
  pin_->setText(!runs.empty() && allPinned(runs) ? tr("Unpin") : tr("Pin"));
}

void RunLabeling::pin(const Runs& runs) {
  const bool pinned = !allPinned(runs);
  change(
      runs, [pinned](run::RunLabels& labels) { labels.pinned = pinned; },
      pinned ? tr("pinning %1").arg(calledRuns(runs)) : tr("unpinning %1").arg(calledRuns(runs)));
}

void RunLabeling::askTag(const Runs& runs) {
  ask(runs, tr("Tag of %1"), &run::RunLabels::tag);
}

void RunLabeling::askNote(const Runs& runs) {
  ask(runs, tr("Note on %1"), &run::RunLabels::note);
}

void RunLabeling::ask(const Runs& runs, const QString& question,
                      std::string run::RunLabels::*field) {
  auto* dialog = new QInputDialog(table_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  const auto title = question.arg(calledRuns(runs));
  dialog->setWindowTitle(title);
  dialog->setLabelText(title);
  if (field == &run::RunLabels::note) dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
  dialog->setTextValue(QString::fromStdString(commonText(runs, field)));
  connect(dialog, &QInputDialog::textValueSelected, this, [this, runs, field](const QString& text) {
    change(
        runs, [&](run::RunLabels& labels) { labels.*field = text.trimmed().toStdString(); },
        tr("what is said about %1").arg(calledRuns(runs)));
  });
  dialog->open();
}

void RunLabeling::change(const Runs& runs, const std::function<void(run::RunLabels&)>& edit,
                         const QString& what) {
  Labels before, after;
  for (const auto& run : runs) {
    auto edited = run->labels;
    edit(edited);
    if (edited == run->labels) continue;
    before.emplace_back(run->info.folder, run->labels);
    after.emplace_back(run->info.folder, edited);
  }
  if (after.empty() || !set(after)) return;
  undo_.push(new DoneEdit(
      menuText(what), [this, after] { return set(after); },
      [this, before] { return set(before); }));
}

/// \returns whether any could be set.
bool RunLabeling::set(const Labels& labels) {
  bool any = false;
  for (const auto& [folder, one] : labels) try {
      run::setLabels(folder, one);
      any = true;
    } catch (const Error& error) {
      emit problemMet(QString::fromUtf8(error.what()));
    }
  if (any) QTimer::singleShot(0, this, &RunLabeling::changed);
  return any;
}

}  // namespace eq::widgets
