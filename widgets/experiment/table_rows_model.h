#pragma once

#include <QAbstractTableModel>

#include "core/data/table_preview.h"

namespace eq::widgets {

/// The first rows of a table as they stand in the file; what is read as missing is greyed.
class TableRowsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  using QAbstractTableModel::QAbstractTableModel;

  /// \param preview outlives the model, or the next call.
  void setPreview(const data::TablePreview& preview);

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  bool missing(std::size_t row, std::size_t column) const;

  const data::TablePreview* preview_ = nullptr;
};

}  // namespace eq::widgets
