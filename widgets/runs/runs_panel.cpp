#include "widgets/runs/runs_panel.h"

#include <algorithm>

#include <QAction>
#include <QDesktopServices>
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
#include "widgets/runs/run_labeling.h"
#include "widgets/runs/run_trash.h"
#include "widgets/runs/runs_filter.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_watch.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/done_edit.h"
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
  model_->setWorkspace(workspace_);
  sorted_ = new RunsFilter(*model_, this);
  sorted_->setSourceModel(model_);
  table_ = new QTableView(this);
  table_->setModel(sorted_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::kStarted, Qt::DescendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
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
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    updateActions();
    if (!choosing_) emit selectionChanged();
  });
  keepSelection();
  connect(model_, &RunsModel::renameRequested, this, &RunsPanel::rename);
  connect(sorted_, &QAbstractItemModel::dataChanged, this, &RunsPanel::updateActions);
  connect(sorted_, &QAbstractItemModel::modelReset, this, &RunsPanel::updateActions);
  tellRows_ = new QTimer(this);
  tellRows_->setSingleShot(true);
  tellRows_->setInterval(0);
  connect(tellRows_, &QTimer::timeout, this, &RunsPanel::rowsChanged);
  for (auto changed : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
    connect(sorted_, changed, tellRows_, qOverload<>(&QTimer::start));
  connect(sorted_, &QAbstractItemModel::modelReset, tellRows_, qOverload<>(&QTimer::start));
  connect(sorted_, &QAbstractItemModel::dataChanged, tellRows_, qOverload<>(&QTimer::start));
}

QWidget* RunsPanel::makeBar() {
  using Folder = std::filesystem::path;
  open_ = add(tr("Open"), Qt::Key_Return, tr("Show the run in the plots"),
              [this](const Folder& folder) { emit openRequested(folder); });
  resume_ = add(tr("Resume"), Qt::CTRL | Qt::Key_R,
                tr("Train on from the run's last checkpoint, in the same curve"),
                [this](const Folder& folder) { emit resumeRequested(folder); });
  fork_ = add(tr("Fork"), Qt::CTRL | Qt::SHIFT | Qt::Key_B,
              tr("A new run that starts as a copy of this one at its last checkpoint"),
              [this](const Folder& folder) { emit forkRequested(folder); });
  merge_ = add(tr("Merge lab"), Qt::CTRL | Qt::ALT | Qt::Key_M,
               tr("Open the chosen runs, experts of one base, in the merge lab"),
               [this](const Folder&) { emit mergeRequested(); });
  rename_ = add(tr("Rename"), Qt::Key_F2, tr("Give the run a name of its own"),
                [this](const Folder&) { editName(); });
  folder_ = add(tr("Folder"), Qt::CTRL | Qt::SHIFT | Qt::Key_O,
                tr("Show the run's folder in the file manager"),
                [this](const Folder& folder) { showFolder(folder); });
  trash_ = add(tr("Trash"), Qt::Key_Delete, tr("Move the chosen runs to the trash"),
               [this](const std::filesystem::path&) { trash(); });
  bar_ = new QToolBar(this);
  bar_->setToolButtonStyle(Qt::ToolButtonTextOnly);
  auto* row = new QWidget(this);
  filter_ = new FilterField(*sorted_, row);  // not in the bar: Return would open the chosen run
  bar_->addActions(table_->actions());
  labeling_ = new RunLabeling(
      table_, [this] { return chosenIndexed(); }, undo_);
  trashBin_ = new RunTrash(undo_, this);
  connect(trashBin_, &RunTrash::trashed, this, &RunsPanel::trashed);
  connect(trashBin_, &RunTrash::restored, this, &RunsPanel::restored);
  connect(trashBin_, &RunTrash::problemMet, this, &RunsPanel::problemMet);
  connect(trashBin_, &RunTrash::changed, this, &RunsPanel::refresh);
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
                        const std::function<void(const std::filesystem::path&)>& act) {
  auto* action = new QAction(text, this);
  action->setShortcut(shortcut);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  action->setToolTip(QString("%1 (%2)").arg(help, shortcut.toString(QKeySequence::NativeText)));
  action->setStatusTip(help);
  table_->addAction(action);
  connect(action, &QAction::triggered, this, [this, act] {
    if (const auto* run = chosen()) act(std::filesystem::path(run->folder));
  });
  return action;
}

void RunsPanel::setShown(ShownRuns& shown) {
  shown_ = &shown;
  model_->setShown(shown);
  table_->setDragEnabled(true);
  table_->horizontalHeader()->moveSection(RunsModel::kShown, 0);
  beside_ = add(tr("Show beside"), Qt::Key_Space,
                tr("Show the chosen runs in the plots beside the one in focus, or no longer; so "
                   "does dragging them onto a plot"),
                [this](const std::filesystem::path&) { toggleShown(); });
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

/// Those that are not shown yet, else all of them no longer.
void RunsPanel::toggleShown() {
  const auto runs = chosenRuns();
  const bool shows = std::any_of(runs.begin(), runs.end(),
                                 [this](const auto* run) { return !shown_->isShown(run->folder); });
  std::vector<std::filesystem::path> folders;
  for (const auto* run : runs) folders.push_back(run->folder);
  for (const auto& folder : folders)
    if (!shown_->isFocus(folder)) shown_->setShown(folder, shows);
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

void RunsPanel::updateActions() {
  const auto runs = chosenRuns();
  const auto* run = runs.size() == 1 ? runs.front() : nullptr;
  const auto isFree = [](const auto* one) { return !run::isHeld(one->state); };
  for (auto* action : {open_, rename_, folder_}) action->setEnabled(run);
  fork_->setEnabled(run && !run->imported);
  merge_->setEnabled(
      std::any_of(runs.begin(), runs.end(), [](const auto* one) { return !one->imported; }));
  if (beside_)
    beside_->setEnabled(std::any_of(runs.begin(), runs.end(), [this](const auto* one) {
      return !shown_->isFocus(one->folder);
    }));
  const bool finished = run && run->state == run::RunState::finished;
  resume_->setText(finished ? tr("Continue…") : tr("Resume"));
  resume_->setEnabled(run && isFree(run) && !run->imported);
  trash_->setEnabled(std::any_of(runs.begin(), runs.end(), isFree));
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

void RunsPanel::editName() {
  if (isTyping()) return;
  const auto row = sorted_->mapFromSource(model_->index(chosenRows().front(), RunsModel::kName));
  table_->setCurrentIndex(row);
  table_->edit(row);
}

void RunsPanel::rename(const std::filesystem::path& folder, const QString& title) {
  std::string before;
  for (int row = 0; row < model_->rowCount(); ++row)
    if (model_->run(row).folder == folder) before = model_->run(row).title;
  const auto after = title.toStdString();
  if (!setTitle(folder, after)) return;
  undo_.push(new DoneEdit(
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

void RunsPanel::trash() {
  const auto runs = chosenRuns();
  std::vector<std::filesystem::path> folders;
  for (const auto* run : runs)
    if (!run::isHeld(run->state)) folders.push_back(run->folder);
  if (folders.empty()) return;
  trashBin_->trash(folders, folders.size() > 1
                                ? tr("%1 runs").arg(folders.size())
                                : shortName(QString::fromStdString(runs.front()->shown())));
}

bool RunsPanel::restore(const std::filesystem::path& folder) {
  return trashBin_->restore(folder);
}

}  // namespace eq::widgets
