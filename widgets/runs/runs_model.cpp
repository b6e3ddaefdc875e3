#include "widgets/runs/runs_model.h"

#include <algorithm>
#include <utility>

#include <QDateTime>

#include "widgets/session/run_summary.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {

QString stateText(run::RunState state) {
  switch (state) {
    case run::RunState::running:
      return RunsModel::tr("running");
    case run::RunState::finished:
      return RunsModel::tr("finished");
    case run::RunState::stopped:
      return RunsModel::tr("stopped");
    case run::RunState::failed:
      return RunsModel::tr("failed");
    case run::RunState::died:
      return RunsModel::tr("interrupted");
  }
  return {};
}

void RunsModel::setRuns(std::vector<run::RunInfo> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const auto& a, const auto& b) { return a.created > b.created; });
  const bool sameRows =
      std::equal(runs.begin(), runs.end(), runs_.begin(), runs_.end(),
                 [](const auto& a, const auto& b) { return a.folder == b.folder; });
  if (sameRows) {  // keeps the selection
    runs_ = std::move(runs);
    if (!runs_.empty()) emit dataChanged(index(0, 0), index(rowCount() - 1, kColumns - 1));
    return;
  }
  beginResetModel();
  runs_ = std::move(runs);
  endResetModel();
}

void RunsModel::setSteps(const std::filesystem::path& folder, std::int64_t steps) {
  const auto found = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const auto& run) { return run.folder == folder; });
  if (found == runs_.end()) return;
  found->steps = steps;
  const auto cell = index(static_cast<int>(found - runs_.begin()), kSteps);
  emit dataChanged(cell, cell);
}

int RunsModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}

int RunsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : kColumns;
}

QVariant RunsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const auto& run = runs_[static_cast<std::size_t>(index.row())];
  const auto started = QDateTime::fromSecsSinceEpoch(static_cast<qint64>(run.created));
  if (role == Qt::TextAlignmentRole && index.column() == kSteps)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole) return runSummary(run);
  if (role != Qt::DisplayRole && role != Qt::UserRole) return {};
  switch (index.column()) {
    case kName:
      return shownName(run.name);
    case kState:
      return stateText(run.state);
    case kSteps:
      if (role == Qt::UserRole) return static_cast<qlonglong>(run.steps);
      return tr("%1 of %2").arg(countText(run.steps), countText(run.totalSteps));
    case kStarted:
      if (role == Qt::UserRole) return run.created;
      return started.toString("yyyy-MM-dd HH:mm");
    case kOrigin:
      if (run.parent.empty()) return QString();
      return tr("fork of %1 at step %2").arg(shownName(run.parent), countText(run.parentStep));
    default:
      return {};
  }
}

QVariant RunsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (orientation == Qt::Horizontal && role == Qt::TextAlignmentRole)
    return static_cast<int>(section == kSteps ? Qt::AlignRight | Qt::AlignVCenter
                                              : Qt::AlignLeft | Qt::AlignVCenter);
  if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
  static const QStringList titles{tr("Run"), tr("State"), tr("Steps"), tr("Started"), tr("Origin")};
  return titles.value(section);
}

}  // namespace eq::widgets
