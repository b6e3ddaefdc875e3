#pragma once

#include <vector>

#include <QAbstractTableModel>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// The pairs of tasks of a run, a row each in the order of their numbers: how often they conflict,
/// and what the newest sample says of them.
class PairsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Field {
    kPair,
    kMean,
    kFrequency,
    kLastHalf,
    kCosine,
    kAngle,
    kSimilarity,
    kCurvature,
    kColumns
  };

  /// \param data outlives the model.
  explicit PairsModel(const RunData& data, QObject* parent = nullptr);

  /// Takes over what the run has now.
  void refresh();

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// Qt::UserRole sorts: numbers, those that are not there last.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  QString nameOf(int pair) const;

  const RunData& data_;
  std::vector<Column> values_;  ///< [pair][column]
};

}  // namespace eq::widgets
