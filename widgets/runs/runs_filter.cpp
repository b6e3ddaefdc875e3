#include "widgets/runs/runs_filter.h"

#include <algorithm>
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
  connect(&model, &RunsModel::nestingChanged, this, [this] { invalidate(); });
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

/// A sweep is there with any of its runs; its name finds all of them.
bool RunsFilter::filterAcceptsRow(int row, const QModelIndex& parent) const {
  if (model_.isSweep(row)) {
    const auto& members = model_.membersOf(row);
    return model_.isNested() && std::any_of(members.begin(), members.end(), [&](int member) {
             return filterAcceptsRow(member, parent);
           });
  }
  const int above = model_.parentRow(row);
  const bool bySweep = !condition_ && above >= 0 && model_.isSweep(above) &&
                       QSortFilterProxyModel::filterAcceptsRow(above, parent);
  return bySweep || acceptsRun(row, parent);
}

bool RunsFilter::acceptsRun(int row, const QModelIndex& parent) const {
  if (!condition_) return QSortFilterProxyModel::filterAcceptsRow(row, parent);
  const auto& run = model_.indexed(row);
  return run && train::holds(study::valueFor(*condition_, *run));
}

std::vector<int> RunsFilter::lineOf(int row) const {
  constexpr std::size_t kLongest = 32;  // should a record go round in a circle
  std::vector<int> line;
  for (; row >= 0 && line.size() < kLongest; row = model_.parentRow(row)) line.push_back(row);
  return {line.rbegin(), line.rend()};
}

/// Lines are compared where they part; a run stands before those under it, whatever the order.
bool RunsFilter::lessThan(const QModelIndex& left, const QModelIndex& right) const {
  const bool apart = model_.parentRow(left.row()) < 0 && model_.parentRow(right.row()) < 0;
  if (!model_.isNested() || apart) return isBefore(left, right);
  const auto one = lineOf(left.row()), other = lineOf(right.row());
  const auto [a, b] = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  if (a == one.end() && b == other.end()) return false;
  if (a == one.end() || b == other.end())
    return (a == one.end()) == (sortOrder() == Qt::AscendingOrder);
  return isBefore(model_.index(*a, left.column()), model_.index(*b, right.column()));
}

bool RunsFilter::isBefore(const QModelIndex& left, const QModelIndex& right) const {
  const bool ascending = sortOrder() == Qt::AscendingOrder;
  const bool pinned = model_.isPinned(left.row());
  if (pinned != model_.isPinned(right.row())) return pinned == ascending;
  const bool isThere = hasPlace(left.data(Qt::UserRole));
  if (isThere != hasPlace(right.data(Qt::UserRole))) return isThere == ascending;
  if (!isThere) return false;
  return QSortFilterProxyModel::lessThan(left, right);
}

}  // namespace eq::widgets
