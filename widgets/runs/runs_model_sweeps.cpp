/// The rows of sweeps and races in the table of runs.

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <QDateTime>
#include <QFont>

#include "core/study/sweep/sweep_folder.h"
#include "widgets/runs/runs_model.h"
#include "widgets/session/experiment_fields.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

/// A sweep as far as its runs say: together they have come so far.
void takeMember(run::RunInfo& sweep, const run::RunInfo& run) {
  const bool first = sweep.folder.empty();
  sweep.folder = run.folder.parent_path();
  sweep.name = sweep.folder.filename().string();
  sweep.created = first ? run.created : std::min(sweep.created, run.created);
  sweep.updated = std::max(sweep.updated, run.updated);
  sweep.steps += run.steps;
  sweep.totalSteps += run.totalSteps;
  const bool held = run::isHeld(run.state) || (!first && run::isHeld(sweep.state));
  const bool ended = study::hasEnded(run) && (first || sweep.state == run::RunState::finished);
  sweep.state = held    ? run::RunState::running
                : ended ? run::RunState::finished
                        : run::RunState::stopped;
}

bool haveSameFields(const std::vector<study::IndexedRunPtr>& runs,
                    const std::vector<study::IndexedRunPtr>& others) {
  return std::equal(
      runs.begin(), runs.end(), others.begin(), others.end(), [](const auto& a, const auto& b) {
        return a == b || (a && b && *a->layout == *b->layout && a->fields == b->fields);
      });
}

/// One a run; none while one of them is not indexed.
QStringList tellingNames(const std::vector<study::IndexedRunPtr>& runs) {
  std::set<std::string> paths;
  for (const auto& run : runs) {
    if (!run) return {};
    paths.insert(run->layout->fields.begin(), run->layout->fields.end());
  }
  for (const char* path : {"name", "description"}) paths.erase(path);
  std::vector<nlohmann::json> fields(runs.size(), nlohmann::json::object());
  for (const auto& path : paths) {
    // Values are kept once: equal ones are the same.
    const auto* first = study::fieldOf(*runs.front(), path);
    if (std::all_of(runs.begin(), runs.end(),
                    [&](const auto& run) { return study::fieldOf(*run, path) == first; }))
      continue;
    for (std::size_t i = 0; i < runs.size(); ++i)
      if (const auto* value = study::fieldOf(*runs[i], path)) fields[i][path] = *value;
  }
  return ExperimentFields(std::move(fields)).telling();
}

}  // namespace

void RunsModel::addSweeps(std::vector<run::RunInfo>& runs) const {
  std::map<std::filesystem::path, run::RunInfo> sweeps;
  for (const auto& run : runs)
    if (!workspace_.empty() && run.folder.parent_path() != workspace_)
      takeMember(sweeps[run.folder.parent_path()], run);
  for (auto& [folder, sweep] : sweeps) runs.push_back(std::move(sweep));
}

void RunsModel::findMembers() {
  std::map<std::filesystem::path, std::size_t> places;
  members_.assign(runs_.size() - static_cast<std::size_t>(sweeps_), {});
  for (int row = sweeps_; row < rowCount(); ++row)
    places[run(row).folder] = static_cast<std::size_t>(row - sweeps_);
  for (int row = 0; row < sweeps_ && !places.empty(); ++row)
    if (const auto found = places.find(run(row).folder.parent_path()); found != places.end())
      members_[found->second].push_back(row);
}

void RunsModel::tellApart() {
  told_.resize(members_.size());
  toldNames_.assign(runs_.size(), {});
  for (std::size_t i = 0; i < members_.size(); ++i) {
    std::vector<study::IndexedRunPtr> runs;
    for (const int row : members_[i]) runs.push_back(indexed(row));
    if (!haveSameFields(runs, told_[i].of)) told_[i] = {runs, tellingNames(runs)};
    for (qsizetype place = 0; place < told_[i].names.size(); ++place)
      toldNames_[static_cast<std::size_t>(members_[i][static_cast<std::size_t>(place)])] =
          told_[i].names[place];
  }
}

QString RunsModel::nameText(int row) const {
  const auto name = shownName(run(row).shown());
  const auto& told = toldNames_[static_cast<std::size_t>(row)];
  if (told.isEmpty() || !run(row).title.empty()) return name;
  return nested_ && parentRow(row) >= sweeps_ ? told : name + ", " + told;
}

std::vector<std::filesystem::path> RunsModel::foldersOf(int row) const {
  if (!isSweep(row)) return {run(row).folder};
  std::vector<std::filesystem::path> folders;
  for (const int member : membersOf(row)) folders.push_back(run(member).folder);
  return folders;
}

QVariant RunsModel::sweepData(const QModelIndex& index, int role) const {
  const auto& sweep = run(index.row());
  const auto& members = membersOf(index.row());
  if (index.column() == kShown) return sweepShown(index.row(), role);
  if (role == kDepthRole) return 0;
  if (role == Qt::FontRole && index.column() == kName) {
    QFont font;
    font.setBold(true);
    return font;
  }
  if (role == Qt::TextAlignmentRole && index.column() == kSteps)
    return static_cast<int>(Qt::AlignRight | Qt::AlignVCenter);
  if (role == Qt::ToolTipRole)
    return plainToolTip(
        tr("A sweep or race in %1; what is done with this row is done with its runs")
            .arg(QString::fromStdString(sweep.folder.string())));
  if (role != Qt::DisplayRole && role != Qt::UserRole) return {};
  const auto ended = std::count_if(members.begin(), members.end(),
                                   [this](int row) { return study::hasEnded(run(row)); });
  switch (index.column()) {
    case kName:
      return shownName(sweep.name);
    case kState:
      return tr("%1 of %2 ended").arg(ended).arg(members.size());
    case kSteps:
      if (role == Qt::UserRole) return static_cast<qlonglong>(sweep.steps);
      return tr("%1 of %2").arg(countText(sweep.steps), countText(sweep.totalSteps));
    case kStarted:
      if (role == Qt::UserRole) return sweep.created;
      return QDateTime::fromSecsSinceEpoch(static_cast<qint64>(sweep.created))
          .toString("yyyy-MM-dd HH:mm");
    case kOrigin:
      return tr("Sweep or race, %1 runs").arg(members.size());
    default:
      return {};
  }
}

QVariant RunsModel::sweepShown(int row, int role) const {
  const auto& members = membersOf(row);
  const auto shown = std::count_if(members.begin(), members.end(), [this](int member) {
    return shown_ && shown_->isShown(run(member).folder);
  });
  if (role == Qt::CheckStateRole)
    return shown == 0                     ? Qt::Unchecked
           : shown == std::ssize(members) ? Qt::Checked
                                          : Qt::PartiallyChecked;
  if (role == Qt::UserRole) return shown > 0;
  if (role == Qt::ToolTipRole) return tr("Whether the plots show its runs");
  return {};
}

}  // namespace eq::widgets
