#include "widgets/runs/queue_panel.h"

#include <algorithm>
#include <utility>

#include <QAction>
#include <QHeaderView>
#include <QLabel>
#include <QToolBar>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "widgets/runs/queue_words.h"
#include "widgets/session/run_words.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/view_hint.h"

namespace eq::widgets {
namespace {

constexpr int kFolderRole = Qt::UserRole;
constexpr int kRunRole = Qt::UserRole + 1;
constexpr double kMostWorkers = 1024;

QString folderText(const std::filesystem::path& folder) {
  return QString::fromStdString(folder.string());
}

/// As many rows as there are runs; those that stay keep their choice.
void fitChildren(QTreeWidgetItem& row, int count) {
  while (row.childCount() > count) delete row.takeChild(row.childCount() - 1);
  while (row.childCount() < count) {
    auto* child = new QTreeWidgetItem(&row);
    child->setData(0, kRunRole, row.childCount() - 1);
  }
}

void setTexts(QTreeWidgetItem& row, const QStringList& texts, const QString& tip) {
  for (int column = 0; column < texts.size(); ++column) {
    if (row.text(column) != texts[column]) row.setText(column, texts[column]);
    row.setToolTip(column, tip);
  }
}

bool isRunning(const study::SweepStanding& sweep) {
  return sweep.state == study::SweepState::running;
}

}  // namespace

QueuePanel::QueuePanel(const std::filesystem::path& workspace, QWidget* parent)
    : QWidget(parent),
      tree_(new QTreeWidget(this)),
      bar_(new QToolBar(this)),
      problem_(new ProblemLabel(this)),
      workers_(new IntegerBox(this)),
      watch_(new QueueWatch(workspace, this)) {
  tree_->setHeaderLabels({tr("Sweep or race"), tr("State"), tr("Progress"), tr("Left")});
  tree_->setAccessibleName(tr("Sweeps and races"));
  tree_->setUniformRowHeights(true);
  tree_->setAlternatingRowColors(true);
  tree_->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
  tree_->header()->setStretchLastSection(true);
  tree_->setContextMenuPolicy(Qt::ActionsContextMenu);
  new ViewHint(tree_, tr("Sweeps and races of this workspace stand here while they wait, run and "
                         "when they are done. Run > Sweep… begins one."));
  makeBar();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(2);
  layout->addWidget(bar_);
  layout->addWidget(tree_);
  layout->addWidget(problem_);
  connect(watch_, &QueueWatch::changed, this, &QueuePanel::take);
  connect(tree_, &QTreeWidget::itemSelectionChanged, this, &QueuePanel::updateActions);
  connect(tree_, &QTreeWidget::itemDoubleClicked, this, [this](const QTreeWidgetItem* row) {
    if (row->parent()) show_->trigger();
  });
  updateActions();
}

void QueuePanel::makeBar() {
  bar_->setToolButtonStyle(Qt::ToolButtonTextOnly);
  continue_ =
      add(tr("Continue"), Qt::CTRL | Qt::ALT | Qt::Key_G,
          tr("Train what is not done, in a process that outlives the window"), &QueuePanel::goOn);
  pause_ = add(tr("Pause"), Qt::CTRL | Qt::ALT | Qt::Key_U,
               tr("Leave checkpoints and train nothing until it is continued"), &QueuePanel::pause);
  cancel_ = add(tr("Cancel"), Qt::CTRL | Qt::ALT | Qt::Key_X,
                tr("Train this run no further; of a whole sweep, all that are not done"),
                &QueuePanel::cancel);
  retry_ = add(tr("Retry"), Qt::CTRL | Qt::ALT | Qt::Key_Y,
               tr("Try what failed or was cancelled again"), &QueuePanel::retry);
  first_ = add(tr("First"), Qt::CTRL | Qt::ALT | Qt::Key_F,
               tr("Train this run before all others that wait"), &QueuePanel::first);
  show_ = add(tr("Show"), Qt::CTRL | Qt::ALT | Qt::Key_V,
              tr("Show the run in the plots; of a whole sweep or race, all its runs"),
              &QueuePanel::showChosen);
  clone_ = add(tr("Clone…"), Qt::CTRL | Qt::ALT | Qt::Key_L,
               tr("Fork this lane where it stands, with a change, as one more lane"),
               &QueuePanel::clone);
  waits_ = new QAction(tr("Waits without the window"), this);
  waits_->setCheckable(true);
  waits_->setShortcut(Qt::CTRL | Qt::ALT | Qt::Key_W);
  waits_->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  waits_->setToolTip(tr("Pause it when the window is closed; otherwise it goes on (%1)")
                         .arg(waits_->shortcut().toString(QKeySequence::NativeText)));
  connect(waits_, &QAction::triggered, this, &QueuePanel::setWaits);
  tree_->addAction(waits_);
  bar_->addAction(waits_);
  workers_->setRange(1, kMostWorkers);
  workers_->setAccessibleName(tr("Runs at a time"));
  workers_->setToolTip(tr("How many runs of this sweep are trained at a time"));
  connect(workers_, &NumberBox::valueChanged, this, &QueuePanel::setWorkers);
  bar_->addWidget(new QLabel(tr("  At a time "), bar_));
  bar_->addWidget(workers_);
}

QAction* QueuePanel::add(const QString& text, const QKeySequence& key, const QString& help,
                         void (QueuePanel::*act)(const Place&)) {
  auto* action = new QAction(text, this);
  action->setShortcut(key);
  action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
  action->setToolTip(QString("%1 (%2)").arg(help, key.toString(QKeySequence::NativeText)));
  action->setStatusTip(help);
  tree_->addAction(action);
  bar_->addAction(action);
  connect(action, &QAction::triggered, this, [this, act] {
    if (const auto place = chosen(); place.sweep) (this->*act)(place);
  });
  return action;
}

void QueuePanel::look() {
  watch_->look();
}

// --- What is shown

void QueuePanel::take(const QueueWatch::Standings& standings,
                      const std::vector<std::string>& problems) {
  standings_ = standings;
  for (int place = 0; place < std::ssize(standings_); ++place) {
    const auto& sweep = *standings_[static_cast<std::size_t>(place)];
    const auto folder = folderText(sweep.folder);
    int row = place;
    while (row < tree_->topLevelItemCount() &&
           tree_->topLevelItem(row)->data(0, kFolderRole) != folder)
      ++row;
    if (row == tree_->topLevelItemCount()) {
      auto* item = new QTreeWidgetItem;
      item->setData(0, kFolderRole, folder);
      item->setData(0, kRunRole, -1);
      tree_->insertTopLevelItem(place, item);
      item->setExpanded(isRunning(sweep));
    }
    while (tree_->topLevelItem(place)->data(0, kFolderRole) != folder)
      delete tree_->takeTopLevelItem(place);  // it is gone
    showSweep(*tree_->topLevelItem(place), sweep);
  }
  while (tree_->topLevelItemCount() > std::ssize(standings_))
    delete tree_->takeTopLevelItem(tree_->topLevelItemCount() - 1);
  problem_->setProblem(problems.empty() ? QString() : QString::fromStdString(problems.front()));
  updateActions();
  tellEnded();
}

void QueuePanel::tellEnded() {
  std::map<std::filesystem::path, bool> ended;
  for (const auto& sweep : standings_)
    ended[sweep->folder] =
        sweep->state == study::SweepState::finished || sweep->state == study::SweepState::failed;
  const auto before = std::exchange(ended_, ended);
  if (!before) return;
  for (const auto& sweep : standings_) {
    const auto known = before->find(sweep->folder);
    const bool was = known != before->end() && known->second;
    if (ended[sweep->folder] && !was) emit sweepEnded(*sweep);
  }
}

void QueuePanel::showSweep(QTreeWidgetItem& row, const study::SweepStanding& sweep) {
  setTexts(row,
           {sweepTitle(sweep), sweepStateText(sweep), sweepCountsText(sweep), sweepLeftText(sweep)},
           plainToolTip(folderText(sweep.folder)));
  const auto runs = static_cast<int>(sweep.runs.size());
  fitChildren(row, runs + static_cast<int>(sweep.clones.size()));
  for (int i = 0; i < row.childCount(); ++i) {
    const auto* info = infoOf({&sweep, i});
    const auto run = static_cast<std::size_t>(i);
    const auto title =
        i < runs ? sweepRunTitle(sweep, run)
                 : tr("clone: %1").arg(shownName(sweep.clones[run - sweep.runs.size()].shown()));
    const auto state = i < runs ? sweepRunStateText(sweep, run) : stateText(info->state);
    const auto message = info ? shownName(info->message) : QString();
    setTexts(*row.child(i), {title, state, info ? stepsOfText(*info) : QString(), message},
             plainToolTip(message.isEmpty() ? title : message));
  }
}

const run::RunInfo* QueuePanel::infoOf(const Place& place) {
  if (!place.sweep || place.run < 0) return nullptr;
  const auto run = static_cast<std::size_t>(place.run);
  const auto& runs = place.sweep->runs;
  if (run < runs.size()) return runs[run].info ? &*runs[run].info : nullptr;
  const auto clone = run - runs.size();
  return clone < place.sweep->clones.size() ? &place.sweep->clones[clone] : nullptr;
}

QueuePanel::Place QueuePanel::chosen() const {
  const auto rows = tree_->selectedItems();
  if (rows.isEmpty()) return {};
  const auto* row = rows.first();
  const auto* top = row->parent() ? row->parent() : row;
  const auto folder = top->data(0, kFolderRole).toString();
  for (const auto& sweep : standings_)
    if (folderText(sweep->folder) == folder)
      return {sweep.get(), row->parent() ? row->data(0, kRunRole).toInt() : -1};
  return {};
}

void QueuePanel::updateActions() {
  const auto place = chosen();
  const auto* sweep = place.sweep;
  const auto* info = infoOf(place);
  const bool running = sweep && isRunning(*sweep);
  const bool planned = sweep && place.run >= 0 && place.run < std::ssize(sweep->runs);
  const bool race = sweep && sweep->method == "lanes";
  const auto run = static_cast<std::size_t>(std::max(place.run, 0));
  const bool cancelled = planned && sweep->isCancelled(run);
  const bool open = planned ? !info || !study::hasEnded(*info)
                            : place.run < 0 && sweep && sweep->finished < std::ssize(sweep->runs);
  continue_->setEnabled(sweep && !running && sweep->state != study::SweepState::finished);
  pause_->setEnabled(running && !sweep->control.paused);
  cancel_->setEnabled(open && !cancelled);
  retry_->setEnabled(
      cancelled || (planned && info && info->state == run::RunState::failed) ||
      (sweep && place.run < 0 && (sweep->failed > 0 || !sweep->control.cancelled.empty())));
  first_->setEnabled(planned && !race && !info && !cancelled);
  show_->setEnabled(info || (sweep && place.run < 0 && sweep->waiting < std::ssize(sweep->runs)));
  clone_->setEnabled(race && running && info && run::isHeld(info->state));
  waits_->setEnabled(sweep);
  waits_->setChecked(sweep && sweep->control.waits);
  workers_->setEnabled(sweep && !race);
  const QSignalBlocker quiet(workers_);
  if (sweep && sweep->control.workers && !workers_->isHalfTyped())
    workers_->setValue(static_cast<double>(*sweep->control.workers));
}

}  // namespace eq::widgets
