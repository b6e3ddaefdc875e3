/// Which rows of the table of runs are chosen.

#include <set>

#include <QTableView>

#include "widgets/runs/runs_filter.h"
#include "widgets/runs/runs_model.h"
#include "widgets/runs/runs_panel.h"

namespace eq::widgets {

/// A run that comes or goes takes no other out of the selection.
void RunsPanel::keepSelection() {
  connect(model_, &QAbstractItemModel::modelAboutToBeReset, this, [this] {
    kept_ = selectedRuns();
    choosing_ = true;
  });
  connect(sorted_, &QAbstractItemModel::modelReset, this, [this] {
    choosing_ = false;
    select(kept_);
    if (selectedRuns() != kept_) emit selectionChanged();
  });
}

/// A sweep stands for its runs.
std::vector<int> RunsPanel::chosenRows() const {
  std::vector<int> rows;
  std::set<int> taken;
  const auto take = [&](int row) {
    if (taken.insert(row).second) rows.push_back(row);
  };
  for (const auto& index : table_->selectionModel()->selectedRows()) {
    const int row = sorted_->mapToSource(index).row();
    if (!model_->isSweep(row))
      take(row);
    else
      for (const int member : model_->membersOf(row)) take(member);
  }
  return rows;
}

std::vector<const run::RunInfo*> RunsPanel::chosenRuns() const {
  std::vector<const run::RunInfo*> runs;
  for (const int row : chosenRows()) runs.push_back(&model_->run(row));
  return runs;
}

const run::RunInfo* RunsPanel::chosen() const {
  const auto runs = chosenRuns();
  return runs.empty() ? nullptr : runs.front();
}

std::vector<study::IndexedRunPtr> RunsPanel::chosenIndexed() const {
  std::vector<study::IndexedRunPtr> runs;
  for (const int row : chosenRows())
    if (const auto& run = model_->indexed(row)) runs.push_back(run);
  return runs;
}

std::vector<std::filesystem::path> RunsPanel::selectedRuns() const {
  std::vector<std::filesystem::path> folders;
  for (const auto* run : chosenRuns()) folders.push_back(run->folder);
  return folders;
}

void RunsPanel::select(const std::vector<std::filesystem::path>& folders) {
  const std::set<std::filesystem::path> wanted(folders.begin(), folders.end());
  QItemSelection selection;
  for (int row = 0; row < sorted_->rowCount(); ++row) {
    const auto index = sorted_->index(row, 0);
    if (wanted.contains(model_->run(sorted_->mapToSource(index).row()).folder))
      selection.select(index, index);
  }
  table_->selectionModel()->select(selection,
                                   QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
}

std::vector<study::IndexedRunPtr> RunsPanel::rows() const {
  std::vector<study::IndexedRunPtr> runs;
  for (int row = 0; row < sorted_->rowCount(); ++row)
    if (const auto& run = model_->indexed(sorted_->mapToSource(sorted_->index(row, 0)).row()))
      runs.push_back(run);
  return runs;
}

}  // namespace eq::widgets
