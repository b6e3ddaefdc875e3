#include "widgets/runs/runs_panel.h"

#include <QAction>
#include <QDesktopServices>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QFileSystemWatcher>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QTableView>
#include <QTimer>
#include <QToolBar>
#include <QUndoStack>
#include <QUrl>
#include <QVBoxLayout>

#include "core/base/error.h"
#include "widgets/runs/filter_field.h"
#include "widgets/runs/name_delegate.h"
#include "widgets/runs/run_columns.h"
#include "widgets/runs/run_edit.h"
#include "widgets/runs/run_labeling.h"
#include "widgets/runs/runs_filter.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_watch.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/table_copy.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

constexpr int kLongestProblem = 200;  // characters

QString toQt(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace

RunsPanel::RunsPanel(const std::filesystem::path& workspace, QUndoStack& undo, QWidget* parent)
    : QWidget(parent), workspace_(workspace), undo_(undo) {
  makeTable();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  layout->addWidget(makeBar());
  new TableCopy(*table_, tr("Runs"));
  auto* wrong = new ProblemLabel(this);
  wrong->setObjectName("filterProblem");
  layout->addWidget(wrong);
  layout->addWidget(table_);
  unreadable_ = new ProblemLabel(this);
  connect(filter_, &FilterField::problemChanged, wrong, &ProblemLabel::setProblem);
  layout->addWidget(unreadable_);

  watcher_ = new QFileSystemWatcher({toQt(workspace_)}, this);
  delay_ = new QTimer(this);
  delay_->setSingleShot(true);
  delay_->setInterval(300);
  connect(watcher_, &QFileSystemWatcher::directoryChanged, delay_, qOverload<>(&QTimer::start));
  connect(delay_, &QTimer::timeout, this, &RunsPanel::refresh);
  watch_ = new RunsWatch(workspace_, this);
  connect(watch_, &RunsWatch::runsChanged, this, [this](const RunsWatch::Runs& runs) {
    if (isTyping()) return delay_->start();
    take(runs);
  });
  stepsDelay_ = new QTimer(this);
  stepsDelay_->setSingleShot(true);
  stepsDelay_->setInterval(500);
  connect(stepsDelay_, &QTimer::timeout, this, [this] { model_->setSteps(stepping_, steps_); });
  refresh();
}

void RunsPanel::makeTable() {
  model_ = new RunsModel(this);
  sorted_ = new RunsFilter(*model_, this);
  sorted_->setSourceModel(model_);
  table_ = new QTableView(this);
  table_->setModel(sorted_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::kStarted, Qt::DescendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);  // the action Rename does
  table_->setItemDelegateForColumn(RunsModel::kName, new NameDelegate(table_));
  table_->setAlternatingRowColors(true);
  table_->setShowGrid(false);
  table_->setContextMenuPolicy(Qt::ActionsContextMenu);
  table_->verticalHeader()->hide();
  table_->verticalHeader()->setDefaultSectionSize(table_->fontMetrics().height() + 8);
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->setAccessibleName(tr("Runs"));
  columns_ = new RunColumns(table_, *model_);
  connect(columns_, &RunColumns::problemMet, this, &RunsPanel::problemMet);
  new ViewHint(table_, tr("Every run is kept in a folder of its own and listed here, to look at, "
                          "resume or fork."));
  connect(table_, &QTableView::doubleClicked, this, [this] { open_->trigger(); });
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &RunsPanel::updateActions);
  connect(model_, &RunsModel::renameRequested, this, &RunsPanel::rename);
  connect(sorted_, &QAbstractItemModel::dataChanged, this, &RunsPanel::updateActions);
  connect(sorted_, &QAbstractItemModel::modelReset, this, &RunsPanel::updateActions);
}

QWidget* RunsPanel::makeBar() {
  open_ =
      add(tr("Open"), Qt::Key_Return, tr("Show the run in the plots"), &RunsPanel::openRequested);
  resume_ = add(tr("Resume"), Qt::CTRL | Qt::Key_R,
                tr("Train on from the run's last checkpoint, in the same curve"),
                &RunsPanel::resumeRequested);
  fork_ = add(tr("Fork"), Qt::CTRL | Qt::SHIFT | Qt::Key_B,
              tr("A new run that starts as a copy of this one at its last checkpoint"),
              &RunsPanel::forkRequested);
  rename_ =
      add(tr("Rename"), Qt::Key_F2, tr("Give the run a name of its own"), &RunsPanel::editName);
  folder_ = add(tr("Folder"), Qt::CTRL | Qt::SHIFT | Qt::Key_O,
                tr("Show the run's folder in the file manager"), &RunsPanel::showFolder);
  trash_ = add(tr("Trash"), Qt::Key_Delete, tr("Move the run to the trash"), &RunsPanel::trash);
  bar_ = new QToolBar(this);
  bar_->setToolButtonStyle(Qt::ToolButtonTextOnly);
  auto* row = new QWidget(this);
  filter_ = new FilterField(*sorted_, row);  // not in the bar: Return would open the chosen run
  bar_->addActions(table_->actions());
  labeling_ = new RunLabeling(
      table_, [this] { return chosenIndexed(); }, undo_);
  connect(labeling_, &RunLabeling::changed, this, &RunsPanel::refresh);
  connect(labeling_, &RunLabeling::problemMet, this, &RunsPanel::problemMet);
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(filter_);
  layout->addWidget(bar_);
  updateActions();
  return row;
}

QAction* RunsPanel::add(const QString& text, const QKeySequence& shortcut, const QString& help,
                        void (RunsPanel::*act)(const std::filesystem::path&)) {
  auto* action = new QAction(text, this);
  action->setShortcut(shortcut);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  action->setToolTip(QString("%1 (%2)").arg(help, shortcut.toString(QKeySequence::NativeText)));
  action->setStatusTip(help);
  table_->addAction(action);
  connect(action, &QAction::triggered, this, [this, act] {
    if (const auto* run = chosen()) (this->*act)(std::filesystem::path(run->folder));
  });
  return action;
}

void RunsPanel::setShown(ShownRuns& shown) {
  shown_ = &shown;
  model_->setShown(shown);
  table_->setDragEnabled(true);
  table_->horizontalHeader()->moveSection(RunsModel::kShown, 0);
  beside_ = add(tr("Show beside"), Qt::Key_Space,
                tr("Show the run in the plots beside the one in focus, or no longer; so does "
                   "dragging it onto a plot"),
                &RunsPanel::toggleShown);
  auto* alone = new QAction(tr("Hide the others"), this);
  alone->setShortcut(Qt::CTRL | Qt::SHIFT | Qt::Key_H);
  alone->setToolTip(tr("Show the run in focus alone in the plots (Ctrl+Shift+H)"));
  connect(alone, &QAction::triggered, &shown, &ShownRuns::hideOthers);
  table_->addAction(alone);
  bar_->addActions({beside_, alone});
  const auto update = [this, alone] {
    alone->setEnabled(shown_->hasOthers());
    updateActions();
  };
  connect(&shown, &ShownRuns::changed, this, update);
  update();
}

void RunsPanel::toggleShown(const std::filesystem::path& folder) {
  shown_->setShown(folder, !shown_->isShown(folder));
}

void RunsPanel::refresh() {
  if (isTyping()) return delay_->start();
  take(watch_->look());
}

void RunsPanel::take(const std::vector<study::IndexedRunPtr>& runs) {
  model_->setIndexed(runs);
  auto names = study::namesOf(runs);
  columns_->setNames(names);
  filter_->setNames(std::move(names));
  showUnreadable();
}

void RunsPanel::showUnreadable() {
  QStringList problems;
  for (const auto& problem : watch_->problems()) problems << QString::fromStdString(problem);
  QString text;
  if (!problems.isEmpty())
    text = tr("Not in the table: %1").arg(shortName(problems.first(), kLongestProblem));
  if (problems.size() > 1) text += tr("; and %1 more").arg(problems.size() - 1);
  unreadable_->setProblem(text);
  unreadable_->setToolTip(plainToolTip(problems.join('\n')));
}

void RunsPanel::showSteps(const std::filesystem::path& folder, std::int64_t steps) {
  stepping_ = folder;
  steps_ = steps;
  if (!stepsDelay_->isActive()) stepsDelay_->start();
}

const run::RunInfo* RunsPanel::interrupted() const {
  for (int row = 0; row < model_->rowCount(); ++row)
    if (model_->run(row).state == run::RunState::died) return &model_->run(row);
  return nullptr;
}

const run::RunInfo* RunsPanel::chosen() const {
  const auto rows = table_->selectionModel()->selectedRows();
  return rows.isEmpty() ? nullptr : &model_->run(sorted_->mapToSource(rows.first()).row());
}

study::IndexedRunPtr RunsPanel::chosenIndexed() const {
  const auto rows = table_->selectionModel()->selectedRows();
  return rows.isEmpty() ? nullptr : model_->indexed(sorted_->mapToSource(rows.first()).row());
}

void RunsPanel::updateActions() {
  const auto* run = chosen();
  const bool free = run && !run::isHeld(run->state);
  for (auto* action : {open_, fork_, rename_, folder_}) action->setEnabled(run);
  if (beside_) beside_->setEnabled(run && !shown_->isFocus(run->folder));
  const bool finished = run && run->state == run::RunState::finished;
  resume_->setText(finished ? tr("Continue…") : tr("Resume"));
  resume_->setEnabled(free);
  trash_->setEnabled(free);
  if (labeling_) labeling_->update();
}

void RunsPanel::showFolder(const std::filesystem::path& folder) {
  QDesktopServices::openUrl(QUrl::fromLocalFile(toQt(folder)));
}

void RunsPanel::setTraining(const std::filesystem::path& folder) {
  model_->setTraining(folder);
  if (folder.empty()) stepsDelay_->stop();
}

void RunsPanel::setPreparing(bool preparing) {
  model_->setPreparing(preparing);
}

bool RunsPanel::isTyping() const {
  const auto* editor = table_->viewport()->findChild<QLineEdit*>();
  return editor && editor->isVisible();
}

void RunsPanel::editName(const std::filesystem::path&) {
  if (isTyping()) return;
  const auto row = table_->selectionModel()->selectedRows(RunsModel::kName).first();
  table_->setCurrentIndex(row);
  table_->edit(row);
}

void RunsPanel::rename(const std::filesystem::path& folder, const QString& title) {
  std::string before;
  for (int row = 0; row < model_->rowCount(); ++row)
    if (model_->run(row).folder == folder) before = model_->run(row).title;
  const auto after = title.toStdString();
  if (!setTitle(folder, after)) return;
  undo_.push(new RunEdit(
      menuText(tr("name of a run to %1").arg(shortName(title.isEmpty() ? tr("none") : title))),
      [this, folder, after] { return setTitle(folder, after); },
      [this, folder, before] { return setTitle(folder, before); }));
}

bool RunsPanel::setTitle(const std::filesystem::path& folder, const std::string& title) {
  try {
    run::setTitle(folder, title);
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
    return false;
  }
  QTimer::singleShot(0, this, &RunsPanel::refresh);  // not within the editor's own closing
  return true;
}

void RunsPanel::trash(const std::filesystem::path& folder) {
  const auto name = chosen()->shown();
  if (!moveToTrash(folder)) return;
  undo_.push(new RunEdit(
      menuText(tr("moving %1 to the trash").arg(shortName(QString::fromStdString(name)))),
      [this, folder] { return moveToTrash(folder); }, [this, folder] { return restore(folder); }));
}

bool RunsPanel::moveToTrash(const std::filesystem::path& folder) {
  QString inTrash;
  const bool moved = QFile::moveToTrash(toQt(folder), &inTrash);
  if (moved) {
    trashed_[folder] = inTrash;
    emit trashed(folder);
  } else {
    emit problemMet(tr("%1 could not be moved to the trash; is it on another disk or read-only?")
                        .arg(toQt(folder)));
  }
  refresh();
  return moved;
}

bool RunsPanel::restore(const std::filesystem::path& folder) {
  const auto found = trashed_.find(folder);
  if (found == trashed_.end()) return false;  // it was put back already
  const QString inTrash = found->second;
  const bool moved = QFile::rename(inTrash, toQt(folder));
  if (moved) {
    trashed_.erase(found);
    // The desktop's note of where it came from, freedesktop.org's Trash specification.
    const QFileInfo file(inTrash);
    QFile::remove(file.dir().filePath("../info/" + file.fileName() + ".trashinfo"));
    emit restored(folder);
  } else {
    emit problemMet(
        tr("%1 could not be put back; it is %2 in the trash.").arg(toQt(folder), inTrash));
  }
  refresh();
  return moved;
}

}  // namespace eq::widgets
