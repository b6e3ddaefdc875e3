#include "core/data/table_targets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/base/error.h"
#include "core/base/parameter.h"
#include "core/data/categories.h"
#include "core/data/number_resolution.h"
#include "core/data/table_inputs.h"

namespace eq::data {
namespace {

using nlohmann::json;

constexpr const char* kGroup = "group";

const std::map<std::string, TaskKind> kKinds{{"class", TaskKind::classification},
                                             {"binary", TaskKind::binary},
                                             {"ordinal", TaskKind::ordinal},
                                             {"number", TaskKind::regression}};

const std::vector<ParameterSpec>& targetFields() {
  static const std::vector<ParameterSpec> fields = [] {
    auto order = ParameterSpec::text("order", "", "Categories from the first to the last");
    order.type = ParameterType::any;
    order.defaultValue = json::array();
    auto fields = ParameterSpec::text("fields", "",
                                      "Further inputs of losses: {\"weight\": a column, "
                                      "\"teacher\": [columns], \"texts\": [[columns], ...]}");
    fields.type = ParameterType::any;
    fields.defaultValue = json::object();
    return std::vector<ParameterSpec>{
        ParameterSpec::text("column", "", "Column of the table").needed(),
        ParameterSpec::choice("kind", "number", {"class", "binary", "ordinal", "number"},
                              "What the column holds")
            .needed(),
        ParameterSpec::text("name", "", "Name of the task; empty = the column's"),
        order,
        ParameterSpec::text("unit", "", "Unit of a number"),
        fields,
    };
  }();
  return fields;
}

FieldColumns readColumns(const json& value, const std::string& path) {
  FieldColumns found;
  const bool grouped = value.is_array() && !value.empty() && value.front().is_array();
  const auto groups = grouped ? value : json::array({value});
  for (size_t i = 0; i < groups.size(); ++i) {
    const auto place = grouped ? fmt::format("{}[{}]", path, i) : path;
    const auto names =
        readTexts(groups[i].is_string() ? json::array({groups[i]}) : groups[i], place);
    if (names.empty()) fail("{}: needs at least one column, found []", place);
    found.names.insert(found.names.end(), names.begin(), names.end());
    if (grouped) ++found.groups;
    if (found.names.size() != (i + 1) * names.size())
      fail("{}: expected as many columns as in {}[0], found {}", place, path, names.size());
  }
  return found;
}

std::map<std::string, FieldColumns> readFields(const json& value, const std::string& path) {
  if (!value.is_object())
    fail("{}: expected {{field: column or [columns]}}, found {}", path, value.dump());
  std::map<std::string, FieldColumns> fields;
  for (const auto& [name, columns] : value.items())
    fields[name] = readColumns(columns, path + "." + name);
  return fields;
}

void requireValues(const CsvTable& table, size_t column, const CellFormat& format,
                   const std::string& path) {
  for (size_t row = 0; row < table.rows(); ++row)
    if (format.isMissingNumber(table.cell(row, column)))
      fail("{}: {} has no value; a field needs one in every row", path, table.place(row, column));
}

/// The queries, numbered from 0 in the order of their ids: metrics hold them in float64.
void numberAnew(std::vector<std::vector<std::int64_t>>& columns) {
  std::map<std::int64_t, std::int64_t> numbers;
  for (const auto& column : columns)
    for (const auto id : column) numbers[id] = 0;
  std::int64_t next = 0;
  for (auto& [id, number] : numbers) number = next++;
  for (auto& column : columns)
    for (auto& id : column) id = numbers.at(id);
}

TableTarget::Field readField(const CsvTable& table, const std::string& name,
                             const FieldColumns& columns, const std::vector<CellFormat>& formats,
                             const std::string& path) {
  TableTarget::Field field;
  field.groups = columns.groups;
  for (const auto& text : columns.names) {
    const size_t column = columnIndex(table, text, path);
    const auto& format = formats[column];
    requireValues(table, column, format, path);
    if (isWholeField(name))
      field.whole.push_back(readWholeNumbers(table, column, format));
    else
      field.numbers.push_back(readNumbers(table, column, format));
  }
  if (name == kGroup) numberAnew(field.whole);
  return field;
}

TableTargetSpec readTargetSpec(const json& value, const std::string& path) {
  if (!value.is_object())
    fail("{}: expected {{\"column\": ..., \"kind\": ...}}, found {}", path, value.dump());
  const Parameters fields(targetFields(), value, path);
  TableTargetSpec spec;
  spec.column = oneLine(trimmed(fields.text("column")));
  spec.kind = kKinds.at(fields.text("kind"));
  spec.name = fields.text("name").empty() ? spec.column : fields.text("name");
  if (spec.name != oneLine(spec.name))
    fail("{}.name: expected one line without control characters, found \"{}\"", path,
         oneLine(spec.name));
  spec.order = readTexts(fields.at("order"), path + ".order");
  spec.unit = fields.text("unit");
  spec.fields = readFields(fields.at("fields"), path + ".fields");
  if (!spec.order.empty() && spec.kind == TaskKind::regression)
    fail("{}.order: a number has no order of categories; remove it", path);
  return spec;
}

bool allNumbers(const std::vector<std::string>& texts, const CellFormat& format) {
  return std::all_of(texts.begin(), texts.end(),
                     [&](const auto& text) { return format.number(text).has_value(); });
}

void checkCategories(const Categories& categories, const TableTargetSpec& spec,
                     const CellFormat& format, const std::string& file, const std::string& path) {
  const auto& names = categories.names;
  const std::string column = fmt::format("{}: {}: column \"{}\"", path, file, spec.column);
  if (spec.kind == TaskKind::binary && names.size() != 2)
    fail("{} holds {} different values ({}); binary needs 2", column, names.size(),
         fmt::join(names.begin(), names.begin() + std::min<ptrdiff_t>(5, std::ssize(names)), ", "));
  if (names.size() < 2) fail("{} holds fewer than 2 different values", column);
  if (spec.kind == TaskKind::ordinal && spec.order.empty() && !allNumbers(names, format))
    fail("{} holds texts; give their order: \"order\": [\"{}\", ...]", column, names.front());
}

void encodeCategories(TableTarget& target, const CsvTable& table, size_t column,
                      const TableTargetSpec& spec, const CellFormat& format,
                      const std::string& path, std::vector<Warning>& warnings) {
  const Categories categories = readCategories(table, column, format, spec.order);
  for (const auto& note : categories.notes)
    warnings.push_back({table.file(), fmt::format("column \"{}\": {}", spec.column, note)});
  checkCategories(categories, spec, format, table.file(), path);
  target.info.classNames = categories.names;
  target.info.width =
      spec.kind == TaskKind::binary ? 1 : static_cast<std::int64_t>(categories.names.size());
  for (const auto code : categories.codes)
    target.values.push_back(code < 0 ? std::numeric_limits<double>::quiet_NaN()
                                     : static_cast<double>(code));
}

/// Classes that no training example has: nothing can be learned of them.
void noteUnseenClasses(const TableTarget& target, const CsvTable& table,
                       std::span<const std::int64_t> trainRows, std::vector<Warning>& warnings) {
  std::vector<char> seen(target.info.classNames.size(), 0);
  for (const auto row : trainRows)
    if (const double value = target.values[static_cast<size_t>(row)]; !std::isnan(value))
      seen[static_cast<size_t>(value)] = 1;
  for (size_t k = 0; k < seen.size(); ++k)
    if (!seen[k])
      warnings.push_back({table.file(), fmt::format("column \"{}\": class \"{}\" has no example in "
                                                    "the training part",
                                                    target.info.name, target.info.classNames[k])});
}

/// 1699999951.1 and 1700000073.8 are one number in 32 bits.
void requireResolution(const TableTarget& target, const Moments& stats, const CsvTable& table,
                       const std::string& column, const std::string& path,
                       std::vector<Warning>& warnings) {
  constexpr double kFar = 100;  // standard deviations: trains badly, if at all
  const auto kept = keptIn32Bits(target.values);
  const auto where =
      fmt::format("mean {:.10g}, standard deviation {:.4g}", stats.mean, stats.deviation);
  if (kept.tooFew())
    fail(
        "{}: {}: column \"{}\": its {} different values are {} as numbers of 32 bits, which a "
        "network "
        "trains on ({}); set data.standardize_targets to true, or subtract a number from the "
        "column",
        path, table.file(), column, kept.distinct, kept.left, where);
  if (kept.distinct > 1 && std::abs(stats.mean) > kFar * stats.deviation)
    warnings.push_back(
        {table.file(), fmt::format("column \"{}\": its numbers lie far from 0 beside their spread "
                                   "({}), which trains badly; data.standardize_targets mends it",
                                   column, where)});
}

void noteMissing(const TableTarget& target, const CsvTable& table, const std::string& column,
                 std::vector<Warning>& warnings) {
  size_t count = 0, first = 0;
  for (size_t row = table.rows(); row-- > 0;)
    if (std::isnan(target.values[row])) ++count, first = row;
  if (count > 0)
    warnings.push_back({table.place(first),
                        fmt::format("column \"{}\": {} of {} targets are missing; those rows do "
                                    "not count for the task",
                                    column, count, table.rows())});
}

void standardise(TableTarget& target, const Moments& stats) {
  for (double& value : target.values) value = (value - stats.mean) / stats.deviation;
  target.rounding /= stats.deviation;
  target.info.scale = stats.deviation;
  target.info.offset = stats.mean;
}

}  // namespace

bool TableTargetSpec::uses(const std::string& name) const {
  return column == name || std::any_of(fields.begin(), fields.end(), [&](const auto& field) {
           const auto& names = field.second.names;
           return std::count(names.begin(), names.end(), name) > 0;
         });
}

bool isWholeField(const std::string& field) {
  return field == kGroup || field == "steps";
}

std::vector<std::string> readTexts(const json& value, const std::string& path) {
  if (!value.is_array()) fail("{}: expected a list of texts, found {}", path, value.dump());
  std::vector<std::string> texts;
  for (size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_string()) fail("{}[{}]: expected a text, found {}", path, i, value[i].dump());
    texts.push_back(oneLine(trimmed(value[i].get_ref<const std::string&>())));
    if (std::count(texts.begin(), texts.end(), texts.back()) > 1)
      fail("{}[{}]: \"{}\" stands there twice", path, i, texts.back());
  }
  return texts;
}

std::vector<TableTargetSpec> readTargetSpecs(const json& value, const std::string& path) {
  if (!value.is_array() || value.empty())
    fail("{}: expected a list of {{\"column\": ..., \"kind\": ...}}, found {}", path, value.dump());
  std::vector<TableTargetSpec> specs;
  for (size_t i = 0; i < value.size(); ++i) {
    specs.push_back(readTargetSpec(value[i], fmt::format("{}[{}]", path, i)));
    for (size_t j = 0; j < i; ++j)
      if (specs[j].name == specs[i].name)
        fail("{}[{}].name: \"{}\" stands at {}[{}] already", path, i, specs[i].name, path, j);
  }
  return specs;
}

TableTarget encodeTarget(const CsvTable& table, const TableTargetSpec& spec,
                         const std::vector<CellFormat>& formats, bool standardize,
                         std::span<const std::int64_t> trainRows, const std::string& path,
                         std::vector<Warning>& warnings) {
  const size_t column = columnIndex(table, spec.column, path + ".column");
  const auto& format = formats[column];
  TableTarget target;
  target.info.name = spec.name;
  target.info.kind = spec.kind;
  target.info.unit = spec.unit;
  if (spec.kind == TaskKind::regression)
    target.values = readNumbers(table, column, format);
  else
    encodeCategories(target, table, column, spec, format, path, warnings);
  for (const auto& [name, columns] : spec.fields) {
    target.fields[name] = readField(table, name, columns, formats, path + ".fields." + name);
    target.info.fields.push_back(name);
    for (size_t i = 0; i < target.fields[name].numbers.size(); ++i)
      noteResolution(target.fields[name].numbers[i], table.file(), columns.names[i], warnings);
  }
  const Moments stats = moments(target.values, trainRows);
  if (stats.count == 0)
    fail("{}: {}: column \"{}\" has no value in the training part", path, table.file(),
         spec.column);
  if (spec.kind != TaskKind::regression) noteUnseenClasses(target, table, trainRows, warnings);
  noteMissing(target, table, spec.column, warnings);
  if (spec.kind != TaskKind::regression) return target;
  target.rounding = roundingOf(table, column, format);
  if (standardize)
    standardise(target, stats);
  else
    requireResolution(target, stats, table, spec.column, path, warnings);
  return target;
}

}  // namespace eq::data
