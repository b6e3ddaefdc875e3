#include "core/data/table.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <type_traits>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/base/sha256.h"
#include "core/data/csv.h"
#include "core/data/problem.h"
#include "core/data/table_columns.h"
#include "core/data/table_guesses.h"
#include "core/data/table_inputs.h"
#include "core/data/table_leaks.h"
#include "core/data/table_targets.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

using Rows = std::span<const std::int64_t>;

constexpr std::int64_t kIgnored = -100;

const std::map<std::string, char> kDelimiters{{"auto", 0},   {"comma", ','}, {"semicolon", ';'},
                                              {"tab", '\t'}, {"pipe", '|'},  {"blanks", ' '}};

at::Tensor inputTensor(const TableInputs& inputs, Rows rows) {
  const auto width = static_cast<std::int64_t>(inputs.features.size());
  auto tensor = at::empty({std::ssize(rows), width}, at::kFloat);
  float* out = tensor.mutable_data_ptr<float>();
  for (const auto row : rows)
    for (const auto& feature : inputs.features) *out++ = feature[static_cast<size_t>(row)];
  return tensor;
}

/// Adds the target's values of these rows to the split, with a mask where numbers are missing.
void addTarget(Split& split, const TableTarget& target, Rows rows) {
  const bool classes =
      target.info.kind == TaskKind::classification || target.info.kind == TaskKind::ordinal;
  auto values = at::empty({std::ssize(rows)}, classes ? at::kLong : at::kFloat);
  auto mask = at::ones({std::ssize(rows)}, at::kFloat);
  bool complete = true;
  for (std::int64_t i = 0; i < std::ssize(rows); ++i) {
    const double value = target.values[static_cast<size_t>(rows[static_cast<size_t>(i)])];
    const bool missing = std::isnan(value);
    if (classes) {
      values.mutable_data_ptr<std::int64_t>()[i] =
          missing ? kIgnored : static_cast<std::int64_t>(value);
    } else {
      values.mutable_data_ptr<float>()[i] = missing ? 0.0F : static_cast<float>(value);
      if (missing) mask.mutable_data_ptr<float>()[i] = 0.0F;
      complete = complete && !missing;
    }
  }
  split.targets.push_back(values);
  split.masks.push_back(complete ? at::Tensor() : mask);
}

/// \param columns [column][row]. \returns [N], [N, M] or [N, groups, M].
template <typename Number>
at::Tensor fieldTensor(const std::vector<std::vector<Number>>& columns, std::int64_t groups,
                       Rows rows) {
  using Value = std::conditional_t<std::is_integral_v<Number>, Number, float>;
  at::Tensor tensor = at::empty({std::ssize(rows), std::ssize(columns)},
                                std::is_integral_v<Number> ? at::kLong : at::kFloat);
  auto* out = tensor.mutable_data_ptr<Value>();
  for (const auto row : rows)
    for (const auto& column : columns)
      *out++ = static_cast<Value>(column[static_cast<size_t>(row)]);
  if (groups > 0) return tensor.view({std::ssize(rows), groups, std::ssize(columns) / groups});
  return columns.size() == 1 ? tensor.squeeze(1) : tensor;
}

std::map<std::string, at::Tensor> fieldTensors(const TableTarget& target, Rows rows) {
  std::map<std::string, at::Tensor> tensors;
  for (const auto& [name, field] : target.fields)
    tensors[name] = field.whole.empty() ? fieldTensor(field.numbers, field.groups, rows)
                                        : fieldTensor(field.whole, field.groups, rows);
  return tensors;
}

Split makeSplit(const TableInputs& inputs, const std::vector<TableTarget>& targets, Rows rows) {
  Split split;
  split.inputs = inputTensor(inputs, rows);
  for (const auto& target : targets) {
    addTarget(split, target, rows);
    split.fields.push_back(fieldTensors(target, rows));
  }
  return split;
}

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

struct Parts {
  std::vector<std::int64_t> order;
  size_t validation = 0, test = 0;  ///< number of rows

  Rows validationRows() const { return Rows(order).first(validation); }
  Rows testRows() const { return Rows(order).subspan(validation, test); }
  Rows trainRows() const { return Rows(order).subspan(validation + test); }
};

class Table : public Dataset {
 public:
  Table(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters),
        setting_(setting),
        named_(readTexts(parameters.at("inputs"), "data.inputs")),
        categorical_(readTexts(parameters.at("categorical"), "data.categorical")),
        targets_(readTargetSpecs(parameters.at("targets"), "data.targets")) {
    marks_.decimal = parameters.text("decimal");
    marks_.thousands = parameters.text("thousands");
    if (parameters.at("missing") != "auto") {
      marks_.format.missing = readTexts(parameters.at("missing"), "data.missing");
      marks_.format.missingNumbers.clear();
    }
    if (marks_.decimal != "auto" && marks_.decimal == marks_.thousands)
      fail("data.thousands: the {} is the decimal mark (data.decimal); name another",
           marks_.thousands);
    if (parameters.number("validation") + parameters.number("test") >= 1)
      fail("data.validation: {} and data.test {} leave nothing to train on",
           parameters.number("validation"), parameters.number("test"));
  }

  Problem load(std::uint64_t seed) const override {
    const auto file = findPath(parameters_.text("path"), setting_.folder, "data.path");
    const CsvTable table = readCsv(file, {kDelimiters.at(parameters_.text("delimiter")), true});
    const Parts parts = divide(table, seed);
    auto guesses = std::make_shared<TableGuesses>(guessTable(table, marks_));
    Problem problem;
    const auto columns = inputColumns(table, *guesses);
    const auto inputs = encodeInputs(table, columns, parts.trainRows(), problem.warnings);
    if (inputs.features.empty()) fail("data.inputs: {} leaves no input column", table.file());
    std::vector<CellFormat> formats;
    for (const auto& column : guesses->columns) formats.push_back(column.format);
    std::vector<TableTarget> targets;
    for (size_t i = 0; i < targets_.size(); ++i) {
      targets.push_back(encodeTarget(table, targets_[i], formats,
                                     parameters_.boolean("standardize_targets"), parts.trainRows(),
                                     fmt::format("data.targets[{}]", i), problem.warnings));
      problem.tasks.push_back(targets.back().info);
    }
    noteLeaks(table, columns, targets, problem.warnings);
    problem.warnings = alikeMerged(joinedNotes(table, *guesses, problem.warnings));
    problem.augmentation = augmentationOf(parameters_, false);
    problem.inputShape = {std::ssize(inputs.features)};
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
  static std::vector<Warning> joinedNotes(const CsvTable& table, const TableGuesses& guesses,
                                          const std::vector<Warning>& more) {
    auto all = table.warnings();
    const auto notes = notesOn(guesses);
    all.insert(all.end(), notes.begin(), notes.end());
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  Parts divide(const CsvTable& table, std::uint64_t seed) const {
    const auto share = [&](const char* name) {
      return static_cast<size_t>(
          std::llround(parameters_.number(name) * static_cast<double>(table.rows())));
    };
    Parts parts{{}, share("validation"), share("test")};
    if (parts.validation + parts.test >= table.rows())
      fail("{}: expected more rows, found {}, of which {} are kept for validation and test",
           table.file(), table.rows(), parts.validation + parts.test);
    parts.order = RandomStream(deriveSeed(seed, "split"))
                      .permutation(static_cast<std::int64_t>(table.rows()));
    return parts;
  }

  /// The columns that become inputs; the guesses learn the role of each.
  std::vector<TableInputColumn> inputColumns(const CsvTable& table, TableGuesses& guesses) const {
    std::vector<TableInputColumn> columns;
    const auto add = [&](size_t column, bool named) {
      guesses.columns[column].role = "input";
      columns.push_back({column, false, named, guesses.columns[column].format});
    };
    for (auto& column : guesses.columns)
      column.role = isTarget(column.name) ? "target" : "left out";
    if (named_.empty()) {
      for (size_t column = 0; column < table.columns(); ++column)
        if (!isTarget(table.names()[column]) &&
            (!guesses.columns[column].leftOut() || isCategorical(table.names()[column])))
          add(column, false);
    }
    for (size_t i = 0; i < named_.size(); ++i) {
      const std::string path = fmt::format("data.inputs[{}]", i);
      if (isTarget(named_[i]))
        fail("{}: \"{}\" is a target or a field of one too", path, named_[i]);
      add(columnIndex(table, named_[i], path), true);
    }
    for (size_t i = 0; i < categorical_.size(); ++i) {
      const auto column =
          columnIndex(table, categorical_[i], fmt::format("data.categorical[{}]", i));
      for (auto& input : columns)
        if (input.column == column) input.categorical = true;
    }
    return columns;
  }

  bool isCategorical(const std::string& column) const {
    return std::find(categorical_.begin(), categorical_.end(), column) != categorical_.end();
  }

  bool isTarget(const std::string& column) const {
    return std::any_of(targets_.begin(), targets_.end(),
                       [&](const auto& target) { return target.uses(column); });
  }

  Parameters parameters_;
  Setting setting_;
  std::vector<std::string> named_;
  std::vector<std::string> categorical_;
  std::vector<TableTargetSpec> targets_;
  TableMarks marks_;
};

/// A parameter that this file checks itself.
ParameterSpec anyValue(std::string name, nlohmann::json value, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc));
  spec.type = ParameterType::any;
  spec.defaultValue = std::move(value);
  return spec;
}

std::vector<ParameterSpec> parameterSpecs() {
  using nlohmann::json;
  return {
      ParameterSpec::file("path",
                          "CSV file with a header, plain or .gz; a relative path starts at the "
                          "experiment's folder, then at the samples'")
          .needed(),
      anyValue(
          "inputs", json::array(),
          "Names of the input columns; empty = all that are no target, row number or identifier"),
      anyValue("targets", json::array(),
               "One task each: {\"column\", \"kind\": class | binary | ordinal | number, \"name\", "
               "\"order\": [categories from first to last], \"unit\", \"fields\": {\"weight\": a "
               "column, ...: what losses of the task read further}}")
          .needed(),
      anyValue("categorical", json::array(),
               "Input columns that hold categories although they look like numbers"),
      anyValue("missing", "auto",
               "Texts that stand for a missing value; auto = empty cells and the usual spellings "
               "(NA, N/A, NaN, null, ?, #N/A ...), among numbers also None, -, -- and ."),
      ParameterSpec::choice("delimiter", "auto",
                            {"auto", "comma", "semicolon", "tab", "pipe", "blanks"},
                            "Between the fields; auto = found out from the first lines"),
      ParameterSpec::choice("decimal", "auto", {"auto", "point", "comma"},
                            "Decimal mark of numbers; auto = found out from all cells"),
      ParameterSpec::choice("thousands", "auto",
                            {"auto", "none", "point", "comma", "space", "apostrophe"},
                            "Mark between groups of three digits; auto = found out column by "
                            "column"),
      ParameterSpec::number("validation", 0.15, "Share of the rows kept for validation")
          .from(0)
          .below(1),
      ParameterSpec::number("test", 0.15, "Share of the rows kept for the test").from(0).below(1),
      ParameterSpec::boolean("standardize_targets", false,
                             "Number targets with mean 0 and standard deviation 1 over the "
                             "training part; metrics stay in the column's own unit"),
  };
}

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
  descriptor.parameters = withViews(parameterSpecs(), {0.3, 0.1, 0}, false);
  descriptor.taskKinds = {TaskKind::classification, TaskKind::binary, TaskKind::ordinal,
                          TaskKind::regression};
  descriptor.traits = {{"tasks_from", {"targets"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Table>(parameters, setting);
          }};
}

}  // namespace eq::data
