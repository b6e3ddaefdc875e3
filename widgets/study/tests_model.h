#pragma once

#include <QAbstractTableModel>

#include "widgets/study/comparison_view.h"

namespace eq::widgets {

/// The paired tests of a comparison, a row each: a group against the baseline in one metric.
class TestsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column {
    kMetric,
    kGroups,
    kPairs,
    kDifference,
    kWilcoxon,
    kWilcoxonHolm,
    kT,
    kTHolm,
    kSays,
    kColumns
  };

  using QAbstractTableModel::QAbstractTableModel;

  /// Null: nothing.
  void show(const ComparisonPtr& view);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// Qt::UserRole sorts.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  const study::PairedTest& test(int row) const;
  QString text(const study::PairedTest& test, int column) const;

  ComparisonPtr view_;
};

}  // namespace eq::widgets
