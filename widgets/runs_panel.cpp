#include "widgets/runs_panel.h"

#include <QDesktopServices>
#include <QFile>
#include <QFileSystemWatcher>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QTimer>
#include <QUrl>
#include <QVBoxLayout>

#include "widgets/runs_model.h"

namespace eq::widgets {
namespace {

QString toQt(const std::filesystem::path& path) {
  return QString::fromStdString(path.string());
}

}  // namespace

RunsPanel::RunsPanel(const std::filesystem::path& workspace, QWidget* parent)
    : QWidget(parent), workspace_(workspace) {
  model_ = new RunsModel(this);
  sorted_ = new QSortFilterProxyModel(this);
  sorted_->setSourceModel(model_);
  sorted_->setSortRole(Qt::UserRole);
  sorted_->setFilterKeyColumn(-1);
  sorted_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  auto* filter = new QLineEdit(this);
  filter->setPlaceholderText(tr("Filter runs by any text"));
  filter->setClearButtonEnabled(true);
  filter->setAccessibleName(tr("Filter runs"));
  connect(filter, &QLineEdit::textChanged, sorted_, &QSortFilterProxyModel::setFilterFixedString);

  table_ = new QTableView(this);
  table_->setModel(sorted_);
  table_->setSortingEnabled(true);
  table_->sortByColumn(RunsModel::kStarted, Qt::DescendingOrder);
  table_->setSelectionBehavior(QAbstractItemView::SelectRows);
  table_->setSelectionMode(QAbstractItemView::SingleSelection);
  table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
  table_->setAlternatingRowColors(true);
  table_->setContextMenuPolicy(Qt::CustomContextMenu);
  table_->verticalHeader()->hide();
  table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  table_->horizontalHeader()->setStretchLastSection(true);
  table_->setAccessibleName(tr("Runs"));
  connect(table_, &QTableView::doubleClicked, this,
          [this](const QModelIndex& index) { emit openRequested(folderAt(index)); });
  connect(table_, &QTableView::customContextMenuRequested, this, &RunsPanel::showMenu);

  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(filter);
  layout->addWidget(table_);

  watcher_ = new QFileSystemWatcher({toQt(workspace_)}, this);
  delay_ = new QTimer(this);
  delay_->setSingleShot(true);
  delay_->setInterval(300);
  connect(watcher_, &QFileSystemWatcher::directoryChanged, delay_, qOverload<>(&QTimer::start));
  connect(delay_, &QTimer::timeout, this, &RunsPanel::refresh);
  refresh();
}

void RunsPanel::refresh() {
  model_->setRuns(run::listRuns(workspace_));
}

std::filesystem::path RunsPanel::interrupted() const {
  for (int row = 0; row < model_->rowCount(); ++row)
    if (model_->run(row).state == run::RunState::died) return model_->run(row).folder;
  return {};
}

std::filesystem::path RunsPanel::folderAt(const QModelIndex& index) const {
  return model_->run(sorted_->mapToSource(index).row()).folder;
}

void RunsPanel::showMenu(const QPoint& position) {
  const auto index = table_->indexAt(position);
  if (!index.isValid()) return;
  const auto info = model_->run(sorted_->mapToSource(index).row());
  QMenu menu;
  const auto add = [&](const QString& text, bool enabled, auto action) {
    auto* entry = menu.addAction(text);
    entry->setEnabled(enabled);
    connect(entry, &QAction::triggered, this, action);
  };
  const bool free = info.state != run::RunState::running;
  add(tr("Open"), true, [this, info] { emit openRequested(info.folder); });
  add(tr("Resume"), free && info.state != run::RunState::finished,
      [this, info] { emit resumeRequested(info.folder); });
  add(tr("Fork from its last checkpoint"), true, [this, info] { emit forkRequested(info.folder); });
  add(tr("Show its folder"), true,
      [info] { QDesktopServices::openUrl(QUrl::fromLocalFile(toQt(info.folder))); });
  menu.addSeparator();
  add(tr("Move to the trash"), free, [this, info] { trash(info.folder); });
  menu.exec(table_->viewport()->mapToGlobal(position));
}

void RunsPanel::trash(const std::filesystem::path& folder) {
  if (!QFile::moveToTrash(toQt(folder)))
    emit problemMet(tr("%1 could not be moved to the trash; is it on another disk or read-only?")
                        .arg(toQt(folder)));
  refresh();
}

}  // namespace eq::widgets
