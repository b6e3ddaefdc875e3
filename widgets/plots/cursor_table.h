#pragma once

#include <vector>

#include <QTableView>

#include "widgets/plots/plot_link.h"

class QStandardItemModel;
class QSortFilterProxyModel;

namespace eq::widgets {

class PlotArea;

/// The values of all curves on the screen at the shared cursor: sortable by every column, copied
/// as TableCopy does. Keeps the last values while the mouse is elsewhere.
class CursorTable : public QTableView {
  Q_OBJECT

 public:
  /// \param area, link must outlive the table.
  CursorTable(const PlotArea& area, PlotLink& link, QWidget* parent = nullptr);

 private:
  void refresh();

  const PlotArea& area_;
  PlotLink& link_;
  QStandardItemModel* model_;
  QSortFilterProxyModel* sorted_;
};

}  // namespace eq::widgets
