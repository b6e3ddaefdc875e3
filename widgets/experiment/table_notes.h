#pragma once

#include <set>
#include <string>
#include <vector>

#include <QString>

#include "core/data/warning.h"

namespace eq::widgets {

/// A sentence on a column, or on the table.
struct TableNote {
  QString text;
  bool wrong = false;  ///< nothing can be trained while it stands
};

/// What a reader's message says to somebody who has the dialog before her: keys of files are called
/// as its fields are.
QString dialogText(const std::string& message, const std::string& file);

/// The names of the columns that the message is on: `column "ash": ...`, `data.columns.when.kind`.
std::vector<std::string> columnsIn(const std::string& message, const std::set<std::string>& names);

}  // namespace eq::widgets
