#include "widgets/runs/runs_filter.h"

#include <cmath>
#include <utility>

#include "widgets/runs/runs_model.h"

namespace eq::widgets {
namespace {

/// Whether a value has a place in an order.
bool hasPlace(const QVariant& value) {
  return value.isValid() &&
         (value.userType() != QMetaType::Double || !std::isnan(value.toDouble()));
}

}  // namespace

RunsFilter::RunsFilter(const RunsModel& model, QObject* parent)
    : QSortFilterProxyModel(parent), model_(model) {
  setSortRole(Qt::UserRole);
  setFilterKeyColumn(-1);
  setFilterCaseSensitivity(Qt::CaseInsensitive);
}

void RunsFilter::showAll() {
  setText({});
}

void RunsFilter::setText(const QString& text) {
  condition_.reset();
  setFilterFixedString(text);
}

void RunsFilter::setCondition(train::SeriesExpression condition) {
  condition_ = std::move(condition);
  setFilterFixedString({});
}

bool RunsFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
  if (!condition_) return QSortFilterProxyModel::filterAcceptsRow(row, parent);
  const auto& run = model_.indexed(row);
  return run && train::holds(study::valueFor(*condition_, *run));
}

bool RunsFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  const bool ascending = sortOrder() == Qt::AscendingOrder;
  const bool pinned = model_.isPinned(left.row());
  if (pinned != model_.isPinned(right.row())) return pinned == ascending;
  const bool isThere = hasPlace(left.data(Qt::UserRole));
  if (isThere != hasPlace(right.data(Qt::UserRole))) return isThere == ascending;
  if (!isThere) return false;
  return QSortFilterProxyModel::lessThan(left, right);
}

}  // namespace eq::widgets
