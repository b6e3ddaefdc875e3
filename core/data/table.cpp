#include "core/data/table.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/data/csv.h"
#include "core/data/problem.h"
#include "core/data/table_division.h"
#include "core/data/table_guesses.h"
#include "core/data/table_inputs.h"
#include "core/data/table_keys.h"
#include "core/data/table_leaks.h"
#include "core/data/table_notes.h"
#include "core/data/table_roles.h"
#include "core/data/table_split.h"
#include "core/data/table_targets.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

using Rows = std::span<const std::int64_t>;

/// Hash of the cells that are read, as they stand in the file.
std::string sourceOf(const CsvTable& table, const TableGuesses& guesses, Rows rows) {
  std::string cells;
  for (const auto row : rows)
    for (size_t column = 0; column < table.columns(); ++column) {
      if (guesses.columns[column].role == "left out") continue;
      const auto cell = table.cell(static_cast<size_t>(row), column);
      cells += fmt::format("{}:{}", cell.size(), cell);
    }
  return sha256(cells);
}

bool contains(const std::vector<size_t>& columns, size_t column) {
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

/// With what was remarked on the columns, which says why none is left.
[[noreturn]] void failWithoutInputs(const CsvTable& table, const TableGuesses& guesses,
                                    const std::vector<Warning>& more) {
  auto notes = notesOn(guesses);
  notes.insert(notes.end(), more.begin(), more.end());
  std::string reasons;
  for (const auto& note : alikeMerged(notes)) reasons += "; " + note.message;
  fail("data.inputs: {} leaves no input column{}", table.file(), reasons);
}

class Table : public Dataset {
 public:
  Table(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters),
        setting_(setting),
        wishes_{readTexts(parameters.at("inputs"), "data.inputs"),
                readTexts(parameters.at("categorical"), "data.categorical"),
                readColumnKinds(parameters.at("columns"), "data.columns"),
                readTargetSpecs(parameters.at("targets"), "data.targets"),
                {}},
        reading_(tableReading(parameters)),
        division_(tableDivision(parameters)) {
    wishes_.split = division_.takesColumn() ? division_.column : std::string();
  }

  Problem load(std::uint64_t seed) const override {
    const CsvTable table = read();
    checkWishes(table, wishes_);
    auto guesses = std::make_shared<TableGuesses>(guessTable(table, reading_.marks));
    Problem problem;
    const auto parts = divideTable(table, *guesses, division_, seed, problem.warnings);
    const auto columns = assignRoles(table, wishes_, *guesses);
    const auto inputs = encodeInputs(table, columns, parts.trainRows(), problem.warnings);
    for (const auto& column : columns)
      if (!contains(inputs.columns, column.column))
        guesses->columns[column.column].role = "left out";
    if (inputs.features.empty()) failWithoutInputs(table, *guesses, problem.warnings);
    const auto targets = readTargets(table, *guesses, parts.trainRows(), problem.warnings);
    for (const auto& target : targets) problem.tasks.push_back(target.info);
    noteLeaks(table, columns, targets, problem.warnings);
    problem.warnings = alikeMerged(joinedNotes(table, *guesses, problem.warnings));
    problem.augmentation = augmentationOf(parameters_, false);
    problem.inputShape = {std::ssize(inputs.features)};
    problem.inputs = inputs.scales;
    problem.train = makeSplit(inputs, targets, parts.trainRows());
    problem.validation = makeSplit(inputs, targets, parts.validationRows());
    problem.test = makeSplit(inputs, targets, parts.testRows());
    problem.train.source = sourceOf(table, *guesses, parts.trainRows());
    problem.validation.source = sourceOf(table, *guesses, parts.validationRows());
    problem.test.source = sourceOf(table, *guesses, parts.testRows());
    problem.guesses = std::move(guesses);
    return problem;
  }

 private:
  CsvTable read() const {
    const auto file = findPath(parameters_.text("path"), setting_.folder, "data.path");
    return readCsv(file, reading_.csv);
  }

  std::vector<TableTarget> readTargets(const CsvTable& table, const TableGuesses& guesses,
                                       Rows trainRows, std::vector<Warning>& warnings) const {
    std::vector<CellFormat> formats;
    for (const auto& column : guesses.columns) formats.push_back(column.format);
    std::vector<TableTarget> targets;
    for (size_t i = 0; i < wishes_.targets.size(); ++i)
      targets.push_back(encodeTarget(table, wishes_.targets[i], formats,
                                     parameters_.boolean("standardize_targets"), trainRows,
                                     fmt::format("data.targets[{}]", i), warnings));
    return targets;
  }

  static std::vector<Warning> joinedNotes(const CsvTable& table, const TableGuesses& guesses,
                                          const std::vector<Warning>& more) {
    auto all = table.warnings();
    const auto notes = notesOn(guesses);
    all.insert(all.end(), notes.begin(), notes.end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Parameters parameters_;
  Setting setting_;
  TableWishes wishes_;
  TableReading reading_;
  TableDivision division_;
};

}  // namespace

CatalogRow<Dataset, const Setting&> tableRow() {
  Descriptor descriptor;
  descriptor.id = "table";
  descriptor.title = "Table";
  descriptor.summary =
      "Any CSV file with a header: columns become inputs, columns become tasks, missing targets "
      "are left out task by task.";
  descriptor.formula = "x = (number - training mean) / training deviation, or one 0/1 a category";
  descriptor.citation =
      "Shipped table: UCI Wine, S. Aeberhard, M. Forina, 1991, CC BY 4.0. Format: RFC 4180";
  descriptor.parameters = withViews(tableFields(), {0.3, 0.1, 0}, false);
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::ordinal,
                          TaskKind::regression};
  descriptor.traits = {{"tasks_from", {"targets"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Table>(parameters, setting);
          }};
}

}  // namespace eq::data
