#include "core/data/table_keys.h"

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/data/table_roles.h"
#include "core/data/table_targets.h"

namespace eq::data {
namespace {

const std::map<std::string, char> kDelimiters{{"auto", 0},   {"comma", ','}, {"semicolon", ';'},
                                              {"tab", '\t'}, {"pipe", '|'},  {"blanks", ' '}};

/// The texts that `data.missing` names; "auto" among them stands for the usual ones.
void takeMissing(CellFormat& format, const nlohmann::json& value) {
  if (value == "auto") return;
  format.missing = readTexts(value, "data.missing");
  const auto usual = std::find(format.missing.begin(), format.missing.end(), "auto");
  if (usual == format.missing.end()) return format.missingNumbers.clear();
  format.missing.erase(usual);
  format.missing.insert(format.missing.end(), usualMissing().begin(), usualMissing().end());
}

/// A parameter that this file checks itself.
ParameterSpec anyValue(std::string name, nlohmann::json value, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc));
  spec.type = ParameterType::any;
  spec.defaultValue = std::move(value);
  return spec;
}

}  // namespace

std::vector<ParameterSpec> tableFields() {
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
      anyValue("columns", json::object(),
               "Kinds of columns that are not as they look: {\"zip\": {\"kind\": \"category\"}}; "
               "number and date take other cells as missing, date gives days since 1970, "
               "date_parts year, month and weekday, ignored leaves the column out"),
      anyValue(
          "missing", "auto",
          "Texts that stand for a missing value, [\"auto\", \"-999\"]; auto = empty cells and the "
          "usual spellings (NA, N/A, NaN, null, ?, #N/A ...), among numbers also None, -, -- "
          "and ."),
      ParameterSpec::boolean("header", true, "Whether the first line names the columns"),
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
      ParameterSpec::choice("split", "random", {"random", "stratified", "group", "time", "given"},
                            "How rows are divided; stratified = each value of split_column in the "
                            "same shares, group = rows of one value stay together, time = the last "
                            "rows are the test and those before them the validation, given = "
                            "split_column holds train, validation or test"),
      ParameterSpec::text("split_column", "", "Column that split goes by; random has none"),
      ParameterSpec::boolean("standardize_targets", false,
                             "Number targets with mean 0 and standard deviation 1 over the "
                             "training part; metrics stay in the column's own unit"),
  };
}

TableReading tableReading(const Parameters& parameters) {
  TableReading reading;
  reading.csv.delimiter = kDelimiters.at(parameters.text("delimiter"));
  reading.csv.header = parameters.boolean("header");
  auto& marks = reading.marks;
  marks.decimal = parameters.text("decimal");
  marks.thousands = parameters.text("thousands");
  marks.kinds = readColumnKinds(parameters.at("columns"), "data.columns");
  takeMissing(marks.format, parameters.at("missing"));
  if (marks.decimal != "auto" && marks.decimal == marks.thousands)
    fail("data.thousands: the {} is the decimal mark (data.decimal); name another",
         marks.thousands);
  return reading;
}

}  // namespace eq::data
