#pragma once

#include <string>

#include <QStringList>

#include "core/data/csv.h"
#include "core/data/table_guesses.h"
#include "core/data/table_notes.h"
#include "dataset_support.h"
#include "reader_support.h"

inline eq::data::TableGuesses guessesOf(const std::string& text,
                                        const eq::data::TableMarks& marks = {}) {
  return eq::data::guessTable(eq::data::parseCsv(text, "x.csv"), marks);
}

/// The messages, a line each.
inline QString linesOf(const std::vector<eq::data::Warning>& warnings) {
  QStringList notes;
  for (const auto& note : warnings) notes << QString::fromStdString(note.message);
  return notes.join('\n');
}

inline QString notesOf(const eq::data::Problem& problem) {
  return linesOf(problem.warnings);
}

/// What is remarked on a table before it is trained on.
inline QString notesOn(const std::string& text) {
  return linesOf(eq::data::notesOn(guessesOf(text)));
}

/// Loads tables from a folder of its own; all rows train.
class TableLoader {
 public:
  eq::data::Problem load(const std::string& text, const std::string& column,
                         const std::string& kind,
                         const nlohmann::json& more = nlohmann::json::object(),
                         std::uint64_t seed = 1) const {
    folder_.write("x.csv", text);
    nlohmann::json given{{"path", "x.csv"},
                         {"targets", {{{"column", column}, {"kind", kind}}}},
                         {"validation", 0},
                         {"test", 0}};
    given.update(more);
    return loadData("table", given, seed, folder_.path());
  }

 private:
  FileFolder folder_;
};
