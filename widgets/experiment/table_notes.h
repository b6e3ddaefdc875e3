#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <QString>

namespace eq::widgets {

/// A sentence on a column, or on the table.
struct TableNote {
  QString text;
  bool wrong = false;  ///< nothing can be trained while it stands
};

/// What a reader's message says to somebody who has the dialog before her: keys of files are called
/// as its fields are.
QString dialogText(const std::string& message, const std::string& file);

/// Messages by the columns that they are on: `column "ash": ...`, `data.columns.when.kind: ...`.
class ColumnNotes {
 public:
  using Notes = std::map<std::string, std::vector<TableNote>>;

  ColumnNotes(const std::vector<std::string>& names, std::string file)
      : names_(names.begin(), names.end()), file_(std::move(file)) {}

  /// Errors stand before others. An empty message, or one on no column, adds nothing.
  void add(const std::string& message, bool wrong);
  Notes take() { return std::move(notes_); }

 private:
  std::vector<std::string> columnsIn(std::string_view message) const;

  std::set<std::string> names_;
  std::string file_;
  Notes notes_;
};

}  // namespace eq::widgets
