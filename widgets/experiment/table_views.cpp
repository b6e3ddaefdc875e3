#include "widgets/experiment/table_views.h"

#include <algorithm>

#include <QHeaderView>
#include <QTableView>

namespace eq::widgets {
namespace {

constexpr int kWidestColumn = 150;  // pixels
constexpr int kRowHeight = 26;      // pixels, for a box in it
constexpr int kMeasuredRows = 50;

}  // namespace

void prepareView(QTableView& view, QAbstractItemModel* model, const QString& name) {
  view.setModel(model);
  view.setAccessibleName(name);
  view.setWordWrap(false);
  view.setSelectionBehavior(QAbstractItemView::SelectRows);
  view.setSelectionMode(QAbstractItemView::SingleSelection);
  view.setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
  view.setTabKeyNavigation(false);
  view.horizontalHeader()->setResizeContentsPrecision(kMeasuredRows);
  view.verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  view.verticalHeader()->setDefaultSectionSize(kRowHeight);
}

void fitColumns(QTableView& view) {
  view.resizeColumnsToContents();
  for (int column = 0; column < view.model()->columnCount(); ++column)
    view.setColumnWidth(column, std::min(view.columnWidth(column), kWidestColumn));
}

}  // namespace eq::widgets
