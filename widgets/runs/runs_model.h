#pragma once

#include <filesystem>
#include <vector>

#include <QAbstractTableModel>

#include "core/run/run_folder.h"

namespace eq::widgets {

/// The runs of a workspace, newest first.
class RunsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kName, kState, kSteps, kStarted, kOrigin, kColumns };

  using QAbstractTableModel::QAbstractTableModel;

  void setRuns(std::vector<run::RunInfo> runs);
  /// How far a run has come. Does nothing for a folder that there is not.
  void setSteps(const std::filesystem::path& folder, std::int64_t steps);
  const run::RunInfo& run(int row) const { return runs_.at(static_cast<std::size_t>(row)); }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// Qt::UserRole sorts.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<run::RunInfo> runs_;
};

/// "interrupted" for a run that died, and so on.
QString stateText(run::RunState state);

}  // namespace eq::widgets
