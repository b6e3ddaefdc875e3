#pragma once

#include <optional>
#include <string>
#include <vector>

#include <QAbstractTableModel>

#include "widgets/study/comparison_view.h"

namespace eq::widgets {

/// The groups of a comparison, a row each: n, every metric's mean with its interval, the changes
/// against single-task runs, the mean rank. The best mean of a column is bold.
class GroupsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  using QAbstractTableModel::QAbstractTableModel;

  /// Null: nothing.
  void show(const ComparisonPtr& view);
  /// Shows differences to the baseline where there is one: means over pairs of equal seed.
  void setDifferences(bool shown);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// Qt::UserRole sorts.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  enum class Kind { group, size, metric, drop, taskDrop, rank };
  struct Shown {
    Kind kind;
    std::string task, metric;
  };
  void chooseColumns();
  const study::Group& group(int row) const;
  const study::GroupMetric* metricAt(const QModelIndex& index) const;
  const study::PairedTest* testAt(const QModelIndex& index) const;
  std::optional<double> number(const QModelIndex& index) const;
  QString text(const QModelIndex& index) const;
  QString metricText(const QModelIndex& index) const;
  QString tip(const QModelIndex& index) const;
  QString metricTip(const QModelIndex& index) const;
  bool isBest(const QModelIndex& index) const;

  ComparisonPtr view_;
  std::vector<Shown> columns_;
  bool differences_ = false;
};

}  // namespace eq::widgets
