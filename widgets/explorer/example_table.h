#pragma once

#include <map>
#include <vector>

#include <QAbstractTableModel>
#include <QPixmap>

#include "core/train/example_view.h"

namespace eq::widgets {

/// The examples of a run with the pulls of two losses on them: a row an example.
class ExampleTable : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kExample, kPosition, kFirst, kSecond, kRatio, kColumns };

  explicit ExampleTable(QObject* parent = nullptr) : QAbstractTableModel(parent) {}

  /// \param names of axis and losses, for the header. A view without two pulls empties the table.
  void setView(const train::ExampleView& view, const QString& axis, const QString& first,
               const QString& second);
  void addPictures(const std::vector<train::ExamplePicture>& pictures);
  bool hasPicture(std::int64_t example) const { return pictures_.contains(example); }
  /// Of another run.
  void forgetPictures();

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// `Qt::UserRole`: the number, for sorting.
  QVariant data(const QModelIndex& index, int role) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  double number(std::size_t row, int column) const;

  train::ExampleView view_;
  std::vector<std::size_t> rows_;  ///< examples with a valid target
  QString axis_, first_, second_;
  std::map<std::int64_t, QPixmap> pictures_;
};

}  // namespace eq::widgets
