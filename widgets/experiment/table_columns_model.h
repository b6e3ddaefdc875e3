#pragma once

#include <map>
#include <string>
#include <vector>

#include <QAbstractTableModel>

#include "widgets/experiment/table_draft.h"
#include "widgets/experiment/table_notes.h"

namespace eq::widgets {

/// The columns of a table, one a row: what they are for, what was found in them, and what is to be
/// said of them. Use and kind are chosen from ChoicesRole, by index (Qt::EditRole).
class TableColumnsModel : public QAbstractTableModel {
  Q_OBJECT

 public:
  enum Column { kName, kUse, kKind, kMissing, kFound, kDifferent, kExamples, kNote, kColumns };
  static constexpr int ChoicesRole = Qt::UserRole;
  static constexpr int WrongRole = Qt::UserRole + 1;  ///< whether a note stands for an error

  /// \param draft outlives the model.
  explicit TableColumnsModel(TableDraft& draft, QObject* parent = nullptr);

  /// \param guesses outlive the model, or the next call.
  void setGuesses(const data::TableGuesses& guesses);
  /// By the names of columns.
  void setNotes(std::map<std::string, std::vector<TableNote>> notes);
  const std::vector<TableNote>& notes(int row) const;
  /// What was chosen without the model has changed.
  void refresh();

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 signals:
  /// Somebody chose another use or kind.
  void chosen();

 private:
  /// An entry of the choice of uses.
  struct UseEntry {
    QString text;
    ColumnChoice choice;
  };

  const data::ColumnGuess& guess(int row) const {
    return guesses_->columns[static_cast<std::size_t>(row)];
  }
  ColumnChoice choice(int row) const {
    return draft_.choice(*guesses_, static_cast<std::size_t>(row));
  }
  std::vector<UseEntry> uses(int row) const;
  QStringList kinds(int row) const;
  QStringList choices(const QModelIndex& index) const;
  int current(const QModelIndex& index) const;
  QString text(const QModelIndex& index) const;
  QString found(int row) const;
  bool isWrong(const QModelIndex& index) const;

  TableDraft& draft_;
  const data::TableGuesses* guesses_ = nullptr;
  std::vector<std::string> names_;
  std::map<std::string, std::vector<TableNote>> notes_;
};

}  // namespace eq::widgets
