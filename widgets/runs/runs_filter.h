#pragma once

#include <optional>
#include <vector>

#include <QSortFilterProxyModel>

#include "core/train/series_expression.h"

namespace eq::widgets {

class RunsModel;

/// The rows of the runs that a condition holds for, or that have a text in any column; pinned ones
/// first, and what has no value last, whatever the order. Where the model is nested, forks stand
/// under the runs that they were forked from, in the order of the column among themselves.
class RunsFilter : public QSortFilterProxyModel {
  Q_OBJECT

 public:
  RunsFilter(const RunsModel& model, QObject* parent = nullptr);

  void showAll();
  void setText(const QString& text);
  void setCondition(train::SeriesExpression condition);

 protected:
  bool filterAcceptsRow(int row, const QModelIndex& parent) const override;
  bool lessThan(const QModelIndex& left, const QModelIndex& right) const override;

 private:
  bool acceptsRun(int row, const QModelIndex& parent) const;
  /// The row and those that it stands under, the uppermost first.
  std::vector<int> lineOf(int row) const;
  bool isBefore(const QModelIndex& left, const QModelIndex& right) const;

  const RunsModel& model_;
  std::optional<train::SeriesExpression> condition_;
};

}  // namespace eq::widgets
