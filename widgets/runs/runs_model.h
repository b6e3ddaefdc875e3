#pragma once

#include <filesystem>
#include <map>
#include <vector>

#include <QAbstractTableModel>
#include <QStringList>

#include "core/run/run_folder.h"
#include "core/study/indexed_run.h"

namespace eq::widgets {

class ShownRuns;

/// A column that a person chose: an expression over the fields and series of the runs.
struct RunColumn {
  QString text;
  train::SeriesExpression expression;
};

/// The runs of a workspace, newest first, and after them its sweeps and races, a row each, under
/// which their runs stand; behind the fixed columns stand chosen ones.
class RunsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kName, kState, kSteps, kStarted, kOrigin, kShown, kColumns };

  using QAbstractTableModel::QAbstractTableModel;

  /// The same runs, with what filters and chosen columns know of them.
  void setIndexed(const std::vector<study::IndexedRunPtr>& runs);
  /// Runs that lie deeper in it are of a sweep or race.
  void setWorkspace(const std::filesystem::path& workspace) {
    workspace_ = (workspace / "run").parent_path();  // as those of its runs are written
  }
  /// Whether the row is no run, but a sweep or race.
  bool isSweep(int row) const { return row >= sweeps_; }
  /// The rows of its runs.
  const std::vector<int>& membersOf(int sweep) const {
    return members_.at(static_cast<std::size_t>(sweep - sweeps_));
  }
  /// Behind the others.
  void addColumn(RunColumn column);
  /// \param place among columns().
  void removeColumn(int place);
  const std::vector<RunColumn>& columns() const { return chosen_; }
  /// Null for a run that is not in the index yet.
  const study::IndexedRunPtr& indexed(int row) const;
  bool isPinned(int row) const;
  /// Whether forks stand under the runs that they were forked from, and runs under their sweep.
  bool isNested() const { return nested_; }
  void setNested(bool nested);
  /// The row of the run that one was forked from, else of its sweep; -1: there is none here. A
  /// pinned one stands by itself.
  int parentRow(int row) const { return parents_.at(static_cast<std::size_t>(row)); }
  /// For delegates: how many runs a row stands under.
  static constexpr int kDepthRole = Qt::UserRole + 1;

  void setRuns(std::vector<run::RunInfo> runs);
  /// The column kShown says and sets which runs the plots show. \param shown outlives the model.
  void setShown(ShownRuns& shown);
  /// How far a run has come. Does nothing for a folder that there is not.
  void setSteps(const std::filesystem::path& folder, std::int64_t steps);
  /// The run that this program trains; others that go on belong to other processes.
  void setTraining(const std::filesystem::path& folder);
  /// One is being made, whose folder is not known yet: what goes on may be ours.
  void setPreparing(bool preparing) { preparing_ = preparing; }
  const run::RunInfo& run(int row) const { return runs_.at(static_cast<std::size_t>(row)); }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// Qt::UserRole sorts.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  QMimeData* mimeData(const QModelIndexList& indexes) const override;

 signals:
  /// The user typed another name.
  void renameRequested(const std::filesystem::path& folder, const QString& title);
  void nestingChanged();

 private:
  /// The same rows, of which some say something else.
  void takeChanges(std::vector<run::RunInfo> runs);
  QString parentName(const run::RunInfo& child) const;
  QVariant shownData(const run::RunInfo& run, int role) const;

  QVariant chosenData(const QModelIndex& index, int role) const;
  /// What is known of the rows, after they changed.
  void align();
  void findParents();
  void addSweeps(std::vector<run::RunInfo>& runs) const;
  void findMembers();
  void tellApart();
  /// A run of a sweep is called by what tells it from the others there.
  QString nameText(int row) const;
  void tellColours() const;
  QVariant sweepData(const QModelIndex& index, int role) const;
  QVariant sweepShown(int row, int role) const;
  std::vector<std::filesystem::path> foldersOf(int row) const;
  int depth(int row) const;
  std::vector<train::SeriesValue> cellsOf(const RunColumn& column) const;

  std::filesystem::path workspace_;
  std::vector<run::RunInfo> runs_;         ///< with the sweeps behind them
  int sweeps_ = 0;                         ///< the first of those
  std::vector<std::vector<int>> members_;  ///< rows of each sweep's runs
  /// What tells the runs of a sweep apart, one a member.
  struct Told {
    std::vector<study::IndexedRunPtr> of;
    QStringList names;
  };
  std::vector<Told> told_;          ///< by sweep
  std::vector<QString> toldNames_;  ///< by row; empty for a run of no sweep
  ShownRuns* shown_ = nullptr;
  std::map<std::filesystem::path, study::IndexedRunPtr> known_;
  std::vector<study::IndexedRunPtr> indexed_;  ///< by row
  std::vector<RunColumn> chosen_;
  std::vector<std::vector<train::SeriesValue>> cells_;  ///< [chosen column][row]
  std::vector<int> parents_;                            ///< by row
  bool nested_ = true;
  std::filesystem::path training_;
  bool preparing_ = false;
  std::int64_t live_ = 0;  ///< steps of that, as they were told
};

}  // namespace eq::widgets
