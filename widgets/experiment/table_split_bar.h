#pragma once

#include <QWidget>

#include "widgets/experiment/table_draft.h"

class QCheckBox;

namespace eq::widgets {

class ChoiceBox;
class NumberBox;

/// Which rows are kept for validation and test, and whether numbers to be predicted are
/// standardised.
class TableSplitBar : public QWidget {
  Q_OBJECT

 public:
  explicit TableSplitBar(QWidget* parent = nullptr);

  /// Shows what the draft holds.
  void show(const TableDraft& draft);
  /// Puts what stands there into the draft.
  void take(TableDraft& draft) const;
  /// Offers the columns of another reading; one that was chosen stays, also where it is none.
  void setColumns(const data::TableGuesses& guesses, const TableDraft& draft);
  /// Why a share does not count; empty: both do.
  QString problem() const;

 signals:
  void edited();
  /// What problem() says has changed.
  void problemChanged();

 private:
  NumberBox* addShare(const QString& label, const QString& name, double share);
  void suggestColumn();

  NumberBox* validation_;
  NumberBox* test_;
  ChoiceBox* way_;
  ChoiceBox* column_;
  QCheckBox* standardize_;
  QString dates_, classes_;  ///< the first column of dates, and the first predicted as a class
  bool chosen_ = false;      ///< the column was chosen by hand
};

}  // namespace eq::widgets
