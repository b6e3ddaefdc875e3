#pragma once

#include <optional>

#include <QSortFilterProxyModel>

#include "core/train/series_expression.h"

namespace eq::widgets {

class RunsModel;

/// The rows of the runs that a condition holds for, or that have a text in any column; pinned ones
/// first, and what has no value last, whatever the order.
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
  const RunsModel& model_;
  std::optional<train::SeriesExpression> condition_;
};

}  // namespace eq::widgets
