#pragma once

#include <QAbstractTableModel>
#include <QPalette>

#include "core/run/lab/lab_answers.h"

namespace eq::widgets {

/// A task a row: what base, experts on their own and the merged model are worth, and the merged
/// one's share of the expert; the last row is the mean share.
class ScoresModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kTask, kMetric, kMerged, kNormalised, kBase, kFirstExpert };

  using QAbstractTableModel::QAbstractTableModel;

  void clear();
  /// \param experts names.
  void show(const run::LabScores& scores, const QStringList& experts, const QPalette& palette);
  const run::LabScores& scores() const { return scores_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  bool isMean(int row) const { return row == static_cast<int>(scores_.tasks.size()); }
  std::optional<double> number(int row, int column) const;
  QString text(int row, int column) const;
  QString tip(int row, int column) const;
  /// Whether a task's head is from this expert.
  bool isOwn(int row, int column) const;

  run::LabScores scores_;
  QStringList experts_;
  QPalette palette_;
};

}  // namespace eq::widgets
