#include "core/data/table_roles.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/parameter.h"

namespace eq::data {
namespace {

constexpr ColumnKind kGivenKinds[]{ColumnKind::number, ColumnKind::category, ColumnKind::date,
                                   ColumnKind::dateParts, ColumnKind::ignored};

bool names(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

std::vector<std::string> kindNames() {
  std::vector<std::string> texts;
  for (const auto kind : kGivenKinds) texts.emplace_back(toText(kind));
  return texts;
}

ColumnKind readKind(const nlohmann::json& value, const std::string& path) {
  const std::vector<ParameterSpec> fields{
      ParameterSpec::choice("kind", kindNames().front(), kindNames(), "What the column holds")
          .needed()};
  if (!value.is_object()) fail("{}: expected {{\"kind\": ...}}, found {}", path, value.dump());
  const auto name = Parameters(fields, value, path).text("kind");
  return *std::find_if(std::begin(kGivenKinds), std::end(kGivenKinds),
                       [&](ColumnKind kind) { return toText(kind) == name; });
}

bool isTarget(const TableWishes& wishes, const std::string& column) {
  return std::any_of(wishes.targets.begin(), wishes.targets.end(),
                     [&](const auto& target) { return target.uses(column); });
}

/// Of a column that is no input.
std::string roleOutside(const TableWishes& wishes, const std::string& column) {
  const bool target = std::any_of(wishes.targets.begin(), wishes.targets.end(),
                                  [&](const auto& one) { return one.column == column; });
  if (target) return "target";
  return isTarget(wishes, column) ? "field" : column == wishes.split ? "split" : "left out";
}

/// What the other keys say against a kind; empty: nothing.
std::string againstKind(const TableWishes& wishes, const std::string& column, ColumnKind kind) {
  const bool noTarget = kind == ColumnKind::ignored || kind == ColumnKind::dateParts;
  if (noTarget && isTarget(wishes, column)) return "data.targets uses it";
  if (kind == ColumnKind::ignored && names(wishes.inputs, column)) return "data.inputs names it";
  if (kind != ColumnKind::category && names(wishes.categorical, column))
    return "data.categorical names it";
  for (const auto& target : wishes.targets)
    if (kind == ColumnKind::category && target.column == column &&
        target.kind == TaskKind::regression)
      return "data.targets takes it as a number";
  return {};
}

}  // namespace

std::map<std::string, ColumnKind> readColumnKinds(const nlohmann::json& value,
                                                  const std::string& path) {
  if (!value.is_object())
    fail("{}: expected {{\"column\": {{\"kind\": ...}}}}, found {}", path, value.dump());
  std::map<std::string, ColumnKind> kinds;
  for (const auto& [name, entry] : value.items())
    kinds[oneLine(trimmed(name))] = readKind(entry, path + "." + name);
  return kinds;
}

void checkWishes(const CsvTable& table, const TableWishes& wishes) {
  for (size_t i = 0; i < wishes.inputs.size(); ++i) {
    const std::string path = fmt::format("data.inputs[{}]", i);
    if (isTarget(wishes, wishes.inputs[i]))
      fail("{}: \"{}\" is a target or a field of one too", path, wishes.inputs[i]);
    columnIndex(table, wishes.inputs[i], path);
  }
  for (size_t i = 0; i < wishes.categorical.size(); ++i) {
    const auto& name = wishes.categorical[i];
    const std::string path = fmt::format("data.categorical[{}]", i);
    columnIndex(table, name, path);
    if (isTarget(wishes, name))
      fail("{}: \"{}\" is no input, data.targets uses it; take it away here", path, name);
    if (!wishes.inputs.empty() && !names(wishes.inputs, name))
      fail("{}: \"{}\" is no input, data.inputs does not name it; change one of them", path, name);
  }
  for (const auto& [name, kind] : wishes.kinds) {
    columnIndex(table, name, "data.columns");
    if (const auto against = againstKind(wishes, name, kind); !against.empty())
      fail("data.columns.{}.kind: {}, but {}; change one of them", name, toText(kind), against);
  }
}

std::vector<TableInputColumn> assignRoles(const CsvTable& table, const TableWishes& wishes,
                                          TableGuesses& guesses) {
  std::vector<TableInputColumn> columns;
  const auto add = [&](size_t column, bool named) {
    auto& guess = guesses.columns[column];
    guess.role = "input";
    const bool categorical = names(wishes.categorical, guess.name) ||
                             (guess.given && guess.kind == ColumnKind::category);
    columns.push_back(
        {column, categorical, named, guess.kind == ColumnKind::dateParts, guess.format});
  };
  for (auto& column : guesses.columns) column.role = roleOutside(wishes, column.name);
  for (const auto& name : wishes.inputs) add(columnIndex(table, name, "data.inputs"), true);
  if (!wishes.inputs.empty()) return columns;
  for (size_t column = 0; column < table.columns(); ++column) {
    const auto& guess = guesses.columns[column];
    const bool wanted = !guess.leftOut() || names(wishes.categorical, guess.name);
    if (wanted && !isTarget(wishes, guess.name) && guess.name != wishes.split) add(column, false);
  }
  return columns;
}

}  // namespace eq::data
