#include "widgets/plots/cursor_table.h"

#include <cmath>

#include <QHeaderView>
#include <QSortFilterProxyModel>
#include <QStandardItemModel>

#include "core/base/number_text.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_panel.h"
#include "widgets/style/table_copy.h"

namespace eq::widgets {
namespace {

constexpr int kPlot = 0, kSeries = 1, kX = 2, kValue = 3, kSmoothed = 4, kColumns = 5;
constexpr int kSortRole = Qt::UserRole;
constexpr int kTableDigits = 6;

QString cellText(double value) {
  return QString::fromStdString(numberText(value, kTableDigits));
}

QStandardItem* textItem(const QString& text) {
  auto* item = new QStandardItem(text);
  item->setData(text, kSortRole);
  item->setEditable(false);
  return item;
}

QStandardItem* numberItem(double value, const QString& text) {
  auto* item = textItem(text);
  item->setData(value, kSortRole);
  item->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
  return item;
}

}  // namespace

CursorTable::CursorTable(const PlotArea& area, PlotLink& link, QWidget* parent)
    : QTableView(parent),
      area_(area),
      link_(link),
      model_(new QStandardItemModel(0, kColumns, this)),
      sorted_(new QSortFilterProxyModel(this)) {
  setAccessibleName(tr("Values at the cursor"));
  sorted_->setSourceModel(model_);
  sorted_->setSortRole(kSortRole);
  setModel(sorted_);
  setSortingEnabled(true);
  sortByColumn(kPlot, Qt::AscendingOrder);
  setSelectionBehavior(QAbstractItemView::SelectRows);
  setAlternatingRowColors(true);
  setShowGrid(false);
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 6);
  horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
  horizontalHeader()->setStretchLastSection(true);
  model_->setHorizontalHeaderLabels(
      {tr("Plot"), tr("Curve"), tr("x"), tr("Value"), tr("Smoothed")});
  setContextMenuPolicy(Qt::ActionsContextMenu);
  new TableCopy(*this, tr("Values at the cursor"));
  connect(&link, &PlotLink::cursorChanged, this, &CursorTable::refresh);
}

void CursorTable::refresh() {
  if (!link_.cursor()) return;
  model_->removeRows(0, model_->rowCount());
  for (const PlotPanel* panel : area_.visiblePanels())
    for (const CursorValue& value : panel->valuesAtCursor()) {
      auto* name = textItem(value.name);
      name->setData(value.colour, Qt::DecorationRole);
      const bool smoothed = !std::isnan(value.smoothed);
      model_->appendRow(
          {textItem(panel->title()), name, numberItem(value.x, cellText(value.x)),
           numberItem(value.value, cellText(value.value)),
           numberItem(value.smoothed, smoothed ? cellText(value.smoothed) : QString())});
    }
}

}  // namespace eq::widgets
