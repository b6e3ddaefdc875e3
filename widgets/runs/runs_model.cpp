#include "widgets/runs/runs_model.h"

#include <algorithm>
#include <utility>

#include <QDateTime>
#include <QGuiApplication>

#include "core/base/number_text.h"
#include "core/train/series_name.h"
#include "widgets/plots/run_drag.h"
#include "widgets/session/run_colours.h"
#include "widgets/session/run_summary.h"
#include "widgets/session/run_words.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kDigits = 5;    // of a chosen column
constexpr int kDeepest = 32;  // forks of forks, should a record go round in a circle

QString fewDigits(double number) {
  return QString::fromStdString(numberText(number, kDigits));
}

bool pinnedIn(const std::vector<study::IndexedRunPtr>& runs, int row) {
  const auto& run = runs.at(static_cast<std::size_t>(row));
  return run && run->labels.pinned;
}

/// " [0.94, 0.96]", where the run measured an interval of what the column shows.
QString intervalText(const RunColumn& column, const study::IndexedRunPtr& run) {
  const auto interval = run ? study::intervalFor(column.expression, *run) : std::nullopt;
  return interval ? QString(" [%1, %2]").arg(fewDigits(interval->low), fewDigits(interval->high))
                  : QString();
}

QString intervalTip(const RunColumn& column, const study::IndexedRunPtr& run) {
  if (!intervalText(column, run).isEmpty())
    return RunsModel::tr("The value, and its 95 % interval over the examples (bootstrap)");
  for (const auto& quantity : column.expression.quantities)
    if (train::seriesKind(quantity.parts) == train::SeriesKind::evaluation)
      return RunsModel::tr(
          "No interval: they are measured when a run ends, of the newest value of a metric on "
          "validation and test");
  return {};
}

}  // namespace

void RunsModel::setIndexed(const std::vector<study::IndexedRunPtr>& runs) {
  known_.clear();
  std::vector<run::RunInfo> infos;
  for (const auto& run : runs) {
    known_[run->info.folder] = run;
    infos.push_back(run->info);
  }
  setRuns(std::move(infos));
  tellColours();
}

void RunsModel::tellColours() const {
  RunColours::Colours colours;
  for (const auto& [folder, run] : known_)
    if (run->labels.colour > 0) colours[folder] = run->labels.colour - 1;
  RunColours::instance().set(workspace_, colours);
}

void RunsModel::addColumn(RunColumn column) {
  beginInsertColumns({}, columnCount(), columnCount());
  cells_.push_back(cellsOf(column));
  chosen_.push_back(std::move(column));
  endInsertColumns();
}

void RunsModel::removeColumn(int place) {
  beginRemoveColumns({}, kColumns + place, kColumns + place);
  cells_.erase(cells_.begin() + place);
  chosen_.erase(chosen_.begin() + place);
  endRemoveColumns();
}

const study::IndexedRunPtr& RunsModel::indexed(int row) const {
  return indexed_.at(static_cast<std::size_t>(row));
}

bool RunsModel::isPinned(int row) const {
  return pinnedIn(indexed_, row);
}

void RunsModel::align() {
  indexed_.clear();
  for (const auto& run : runs_) {
    const auto found = known_.find(run.folder);
    indexed_.push_back(found == known_.end() ? nullptr : found->second);
  }
  cells_.clear();
  for (const auto& column : chosen_) cells_.push_back(cellsOf(column));
  findMembers();
  findParents();
  tellApart();
}

/// By its id; that of an earlier version by the folder's name.
void RunsModel::findParents() {
  std::map<std::string, int> byId, byFolder;
  for (int row = 0; row < sweeps_; ++row) {
    if (!run(row).id.empty()) byId[run(row).id] = row;
    byFolder[run(row).folder.filename().string()] = row;
  }
  parents_.assign(runs_.size(), -1);
  for (int sweep = sweeps_; sweep < rowCount(); ++sweep)
    for (const int row : membersOf(sweep))
      if (!isPinned(row)) parents_[static_cast<std::size_t>(row)] = sweep;
  for (int row = 0; row < sweeps_; ++row) {
    const auto& one = run(row);
    if (one.parent.empty() || isPinned(row)) continue;
    const auto& places = one.parentId.empty() ? byFolder : byId;
    const auto found = places.find(one.parentId.empty() ? one.parent : one.parentId);
    if (found != places.end() && found->second != row)
      parents_[static_cast<std::size_t>(row)] = found->second;
  }
}

int RunsModel::depth(int row) const {
  int depth = 0;
  for (row = parentRow(row); row >= 0 && depth < kDeepest; row = parentRow(row)) ++depth;
  return depth;
}

void RunsModel::setNested(bool nested) {
  if (nested_ == nested) return;
  nested_ = nested;
  if (rowCount() > 0) emit dataChanged(index(0, kName), index(rowCount() - 1, kName));
  emit nestingChanged();
}

std::vector<train::SeriesValue> RunsModel::cellsOf(const RunColumn& column) const {
  std::vector<train::SeriesValue> cells;
  for (const auto& run : indexed_)
    cells.push_back(run ? study::valueFor(column.expression, *run) : train::SeriesValue());
  return cells;
}

void RunsModel::setRuns(std::vector<run::RunInfo> runs) {
  for (auto& run : runs)  // its record follows what is shown of it
    if (run.folder == training_) run.steps = std::max(run.steps, live_);
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return a.created != b.created ? a.created > b.created : a.folder > b.folder;
  });
  if (shown_) shown_->learn(runs);
  const auto count = static_cast<int>(runs.size());
  addSweeps(runs);
  const bool sameRows =
      std::equal(runs.begin(), runs.end(), runs_.begin(), runs_.end(),
                 [](const auto& a, const auto& b) { return a.folder == b.folder; });
  if (sameRows) return takeChanges(std::move(runs));  // keeps the selection, and what is typed
  beginResetModel();
  runs_ = std::move(runs);
  sweeps_ = count;
  align();
  endResetModel();
}

void RunsModel::setShown(ShownRuns& shown) {
  shown_ = &shown;
  connect(&shown, &ShownRuns::changed, this, [this] {
    if (rowCount() > 0) emit dataChanged(index(0, kShown), index(rowCount() - 1, kShown));
  });
}

void RunsModel::takeChanges(std::vector<run::RunInfo> runs) {
  runs_.swap(runs);
  const auto indexedBefore = std::exchange(indexed_, {});
  align();
  bool anyRenamed = false, any = false;
  for (int row = 0; row < rowCount(); ++row) {
    const auto& before = runs[static_cast<std::size_t>(row)];
    const auto& now = run(row);
    if (before == now && indexedBefore[static_cast<std::size_t>(row)] == indexed(row)) continue;
    any = true;
    const bool renamed = before.shown() != now.shown();
    anyRenamed = anyRenamed || renamed;
    const bool moved = renamed || isPinned(row) != pinnedIn(indexedBefore, row);
    emit dataChanged(index(row, moved ? kName : kState), index(row, columnCount() - 1));
  }
  if (anyRenamed) emit dataChanged(index(0, kOrigin), index(rowCount() - 1, kOrigin));
  if (any && sweeps_ < rowCount())  // whether a filter shows them is said by their runs
    emit dataChanged(index(sweeps_, kName), index(rowCount() - 1, kName));
}

void RunsModel::setTraining(const std::filesystem::path& folder) {
  training_ = folder;
  live_ = 0;
  if (rowCount() > 0) emit dataChanged(index(0, kState), index(rowCount() - 1, kState));
}

void RunsModel::setSteps(const std::filesystem::path& folder, std::int64_t steps) {
  const auto found = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const auto& run) { return run.folder == folder; });
  if (found == runs_.end()) return;
  found->steps = steps;
  if (folder == training_) live_ = steps;
  const auto cell = index(static_cast<int>(found - runs_.begin()), kSteps);
  emit dataChanged(cell, cell);
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns + static_cast<int>(chosen_.size());
}

QVariant RunsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  if (isSweep(index.row())) return sweepData(index, role);
  if (index.column() >= kColumns) return chosenData(index, role);
  if (role == Qt::EditRole && index.column() == kName) return shownName(run(index.row()).shown());
  const auto& run = runs_[static_cast<std::size_t>(index.row())];
  if (role == Qt::TextAlignmentRole && index.column() == kSteps)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (index.column() == kShown) return shownData(run, role);
  if (index.column() == kName && role == Qt::DecorationRole) {
    const auto& known = indexed(index.row());
    if (!known || known->labels.colour == 0) return {};
    return taskColour(themeOf(QGuiApplication::palette()), known->labels.colour - 1);
  }
  if (role == kDepthRole) return nested_ ? depth(index.row()) : 0;
  if (role == Qt::ToolTipRole) return runSummary(run);
  if (role != Qt::DisplayRole && role != Qt::UserRole) return {};
  switch (index.column()) {
    case kName:
      return nameText(index.row());
    case kState:
      return stateText(run.state, !preparing_ && run.folder != training_);
    case kSteps:
      if (role == Qt::UserRole) return static_cast<qlonglong>(run.steps);
      return tr("%1 of %2").arg(countText(run.steps), countText(run.totalSteps));
    case kStarted:
      if (role == Qt::UserRole) return run.created;
      return QDateTime::fromSecsSinceEpoch(static_cast<qint64>(run.created))
          .toString("yyyy-MM-dd HH:mm");
    case kOrigin:
      if (run.parent.empty()) return QString();
      return tr("%1 @ %2").arg(parentName(run), countText(run.parentStep));
    default:
      return {};
  }
}

/// The colour is that of the run's curves, which are its task's while one run is shown.
QVariant RunsModel::shownData(const run::RunInfo& run, int role) const {
  const bool shown = shown_ && shown_->isShown(run.folder);
  if (role == Qt::CheckStateRole) return shown ? Qt::Checked : Qt::Unchecked;
  if (role == Qt::UserRole) return shown;
  if (role == Qt::DecorationRole && shown && shown_->hasOthers())
    return taskColour(themeOf(QGuiApplication::palette()), *shown_->colourOf(run.folder));
  if (role == Qt::ToolTipRole && shown && shown_->isFocus(run.folder))
    return tr("The run in focus is always shown");
  if (role == Qt::ToolTipRole) return tr("Whether the plots show the run beside the one in focus");
  return {};
}

QVariant RunsModel::chosenData(const QModelIndex& index, int role) const {
  const auto& value = cells_[static_cast<std::size_t>(index.column() - kColumns)]
                            [static_cast<std::size_t>(index.row())];
  const auto* number = std::get_if<double>(&value);
  if (role == Qt::TextAlignmentRole && number)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  const auto& column = chosen_[static_cast<std::size_t>(index.column() - kColumns)];
  if (role == Qt::ToolTipRole && number) return intervalTip(column, indexed(index.row()));
  if (role != Qt::DisplayRole && role != Qt::UserRole) return {};
  if (const auto* text = std::get_if<std::string>(&value)) return shownName(*text);
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? tr("yes") : tr("no");
  if (!number) return {};
  if (role == Qt::UserRole) return *number;
  return fewDigits(*number) + intervalText(column, indexed(index.row()));
}

QString RunsModel::parentName(const run::RunInfo& child) const {
  for (const auto& run : runs_)
    if (run.folder.filename() == child.parent) return shownName(run.shown());
  return shownName(child.parent);  // it is not here any more, or was never
}

Qt::ItemFlags RunsModel::flags(const QModelIndex& index) const {
  const auto flags = QAbstractTableModel::flags(index) | Qt::ItemIsDragEnabled;
  if (isSweep(index.row()))
    return index.column() == kShown && shown_ ? flags | Qt::ItemIsUserCheckable : flags;
  if (index.column() == kShown && shown_ && !shown_->isFocus(run(index.row()).folder))
    return flags | Qt::ItemIsUserCheckable;
  return index.column() == kName ? flags | Qt::ItemIsEditable : flags;
}

bool RunsModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (role == Qt::CheckStateRole && flags(index).testFlag(Qt::ItemIsUserCheckable)) {
    for (const auto& folder : foldersOf(index.row()))
      if (!shown_->isFocus(folder)) shown_->setShown(folder, value.toInt() == Qt::Checked);
    return true;
  }
  if (role != Qt::EditRole || index.column() != kName) return false;
  const auto& named = run(index.row());
  const QString title = value.toString().simplified();
  if (title == shownName(named.shown())) return false;
  emit renameRequested(std::filesystem::path(named.folder), title);
  return true;
}

QMimeData* RunsModel::mimeData(const QModelIndexList& indexes) const {
  std::vector<std::filesystem::path> folders;
  for (const QModelIndex& index : indexes)
    if (index.column() == kName)
      for (auto& folder : foldersOf(index.row()))
        if (std::find(folders.begin(), folders.end(), folder) == folders.end())
          folders.push_back(std::move(folder));
  return makeRunDrag(folders);
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
    return static_cast<int>(section == kSteps ? Qt::AlignRight | Qt::AlignVCenter
                                              : Qt::AlignLeft | Qt::AlignVCenter);
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  if (section >= kColumns) return chosen_.at(static_cast<std::size_t>(section - kColumns)).text;
  static const QStringList titles{tr("Run"),     tr("State"),  tr("Steps"),
                                  tr("Started"), tr("Origin"), tr("Shown")};
  return titles.value(section);
}

}  // namespace eq::widgets
