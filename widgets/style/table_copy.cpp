#include "widgets/style/table_copy.h"

#include <algorithm>

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QMenu>
#include <QTableView>
#include <QTreeView>

namespace eq::widgets {
namespace {

const QHeaderView* headerOf(const QAbstractItemView& view) {
  if (const auto* table = qobject_cast<const QTableView*>(&view)) return table->horizontalHeader();
  const auto* tree = qobject_cast<const QTreeView*>(&view);
  return tree ? tree->header() : nullptr;
}

/// Of the model, from left to right as they are seen.
std::vector<int> shownColumns(const QAbstractItemView& view) {
  std::vector<int> columns;
  const auto* header = headerOf(view);
  for (int place = 0; header && place < header->count(); ++place)
    if (const int column = header->logicalIndex(place); !header->isSectionHidden(column))
      columns.push_back(column);
  return columns;
}

bool isAtTheRight(const QModelIndex& index) {
  return index.data(Qt::TextAlignmentRole).toInt() & Qt::AlignRight;
}

TextTable::Cell cellOf(const QModelIndex& index) {
  TextTable::Cell cell{index.data().toString().toStdString()};
  const auto check = index.data(Qt::CheckStateRole);
  if (cell.text.empty() && check.isValid()) cell.text = check.toInt() == Qt::Checked ? "yes" : "no";
  const auto value = index.data(Qt::UserRole);
  const bool number = value.typeId() == QMetaType::Double || value.typeId() == QMetaType::LongLong;
  if (number && isAtTheRight(index) && !cell.text.empty()) cell.number = value.toDouble();
  return cell;
}

std::vector<int> chosenRows(const QAbstractItemView& view, bool every) {
  std::vector<int> rows;
  if (!every && view.selectionModel())
    for (const auto& index : view.selectionModel()->selectedRows()) rows.push_back(index.row());
  std::sort(rows.begin(), rows.end());
  if (rows.empty())
    for (int row = 0; row < view.model()->rowCount(); ++row) rows.push_back(row);
  return rows;
}

}  // namespace

TextTable textTableOf(const QAbstractItemView& view, bool every) {
  const auto* model = view.model();
  const auto columns = shownColumns(view);
  TextTable table;
  for (const int column : columns)
    table.columns.push_back({model->headerData(column, Qt::Horizontal).toString().toStdString()});
  for (const int row : chosenRows(view, every)) {
    table.rows.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto index = model->index(row, columns[i]);
      table.rows.back().push_back(cellOf(index));
      if (isAtTheRight(index)) table.columns[i].numeric = true;
    }
  }
  return table;
}

TableCopy::TableCopy(QAbstractItemView& view, const QString& title)
    : QObject(&view), view_(view), title_(title) {
  const auto add = [this](QMenu* menu, const QString& text, TableFormat format) {
    auto* action = new QAction(text, this);
    connect(action, &QAction::triggered, this, [this, format] { copy(format); });
    if (menu)
      menu->addAction(action);
    else
      view_.addAction(action);
    return action;
  };
  auto* plain = add(nullptr, tr("Copy"), TableFormat::tabs);
  plain->setShortcut(Qt::CTRL | Qt::Key_C);
  plain->setShortcutContext(Qt::WidgetShortcut);
  plain->setToolTip(tr("The chosen rows, for a spreadsheet (Ctrl+C)"));
  auto* menu = new QMenu(tr("Copy the table as"), &view_);
  add(menu, tr("CSV"), TableFormat::csv);
  add(menu, tr("Markdown"), TableFormat::markdown);
  add(menu, tr("LaTeX"), TableFormat::latex);
  view_.addAction(menu->menuAction());
}

void TableCopy::copy(TableFormat format) const {
  const auto* selection = view_.selectionModel();
  const bool few = !selection || selection->selectedRows().size() < 2;
  auto table = textTableOf(view_, format != TableFormat::tabs && few);
  table.title = title_.toStdString();
  QGuiApplication::clipboard()->setText(QString::fromStdString(textOf(table, format)));
}

}  // namespace eq::widgets
