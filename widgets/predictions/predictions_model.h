#pragma once

#include <vector>

#include <QAbstractTableModel>
#include <QPalette>
#include <QPixmap>

#include "core/train/prediction_survey.h"
#include "widgets/predictions/map_colours.h"

namespace eq::widgets {

/// A page of predictions, a row an example: its input, target, prediction, confidence or error, and
/// loss. Pictures are drawn once a page.
class PredictionsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kExample, kInput, kTarget, kPrediction, kJudgement, kError, kColumns };

  using QAbstractTableModel::QAbstractTableModel;

  void show(const train::PredictionPage& page, const QPalette& palette);
  /// No rows.
  void clear();
  /// Draws the pictures anew.
  void setPalette(const QPalette& palette);

  const train::PredictionPage& page() const { return page_; }
  /// Of rows with their pictures, in pixels; 0: as high as the text.
  int pictureHeight() const;
  /// Whether what is judged is a share, to be drawn as a bar.
  bool hasConfidence() const;

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  /// Qt::UserRole: the exact number of a column of numbers.
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  struct Pictures {
    QPixmap input, target, prediction, error;
    QString scale;
  };

  Pictures drawn(const train::PredictionRow& row) const;
  QString text(const train::PredictionRow& row, int column) const;
  QString judgement(const train::PredictionRow& row) const;
  /// Beside a picture: of maps of numbers what their colours mean.
  QString caption(std::size_t row, int column) const;
  /// What is drawn in a cell; null where its text stands.
  QPixmap picture(std::size_t row, int column) const;
  QVariant number(const train::PredictionRow& row, int column) const;
  QVariant colour(const train::PredictionRow& row, int column) const;
  QString tip(std::size_t row, int column) const;

  train::PredictionPage page_;
  std::vector<Pictures> pictures_;
  QPalette palette_;
};

}  // namespace eq::widgets
