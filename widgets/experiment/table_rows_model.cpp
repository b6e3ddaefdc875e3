#include "widgets/experiment/table_rows_model.h"

#include <algorithm>

#include <QApplication>
#include <QPalette>

#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr std::size_t kFirstRows = 50;
constexpr int kLongestCell = 60;  // characters

}  // namespace

void TableRowsModel::setPreview(const data::TablePreview& preview) {
  beginResetModel();
  preview_ = &preview;
  endResetModel();
}

int TableRowsModel::rowCount(const QModelIndex& parent) const {
  if (parent.isValid() || !preview_) return 0;
  return static_cast<int>(std::min(preview_->table.rows(), kFirstRows));
}

int TableRowsModel::columnCount(const QModelIndex& parent) const {
  return parent.isValid() || !preview_ ? 0 : static_cast<int>(preview_->table.columns());
}

bool TableRowsModel::missing(std::size_t row, std::size_t column) const {
  const auto& guess = preview_->guesses.columns[column];
  const auto cell = preview_->table.cell(row, column);
  const bool numbers =
      guess.kind == data::ColumnKind::number || guess.format.dates != data::DateOrder::none;
  return numbers ? guess.format.isMissingNumber(cell) : guess.format.isMissing(cell);
}

QVariant TableRowsModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid() || !preview_) return {};
  const auto row = static_cast<std::size_t>(index.row());
  const auto column = static_cast<std::size_t>(index.column());
  const auto cell = shownName(std::string(data::trimmed(preview_->table.cell(row, column))));
  const bool gap = missing(row, column);
  if (role == Qt::DisplayRole)
    return gap && cell.isEmpty() ? tr("missing") : shortName(cell, kLongestCell);
  if (role == Qt::ForegroundRole && gap) return qApp->palette().brush(QPalette::PlaceholderText);
  if (role == Qt::ToolTipRole)
    return plainToolTip(gap ? tr("%1: read as missing").arg(cell.isEmpty() ? tr("empty") : cell)
                            : cell);
  return {};
}

QVariant TableRowsModel::headerData(int section, Qt::Orientation orientation, int role) const {
  if (role != Qt::DisplayRole || !preview_) return {};
  if (orientation == Qt::Vertical) return section + 1;
  return shortName(shownName(preview_->table.names()[static_cast<std::size_t>(section)]));
}

}  // namespace eq::widgets
