// What the keys of a dataset say of its table, as choices.

#include <algorithm>

#include "core/base/error.h"
#include "core/data/catalog.h"
#include "core/data/csv.h"
#include "widgets/experiment/table_draft.h"

namespace eq::widgets {
namespace {

using nlohmann::json;

constexpr const char* kReadingKeys[]{"header", "delimiter", "decimal", "thousands", "missing"};

ColumnUse useOf(const std::string& kind) {
  if (kind == "class") return ColumnUse::asClass;
  if (kind == "binary") return ColumnUse::asBinary;
  return kind == "ordinal" ? ColumnUse::asOrdinal : ColumnUse::asNumber;
}

std::string columnIn(const json& text) {
  return data::oneLine(data::trimmed(text.get<std::string>()));
}

/// The one column of a field of a loss. \throws Error where it has several.
std::string fieldColumn(const json& value, const std::string& place) {
  const json& one = value.is_array() && value.size() == 1 ? value.front() : value;
  if (!one.is_string())
    fail("{}: it is read from several columns, which this list cannot show; change the file",
         place);
  return columnIn(one);
}

/// Texts for missing values are typed with commas between them.
void requireTypeable(const json& missing) {
  if (!missing.is_array()) return;
  for (const auto& one : missing)
    if (const auto text = one.get<std::string>();
        text.empty() || text.find_first_of(",;") != text.npos || data::trimmed(text) != text)
      fail("data.missing: \"{}\" cannot be typed here; change the file", text);
}

}  // namespace

void TableDraft::takeTarget(const json& target, const std::string& place) {
  const auto column = columnIn(target.at("column"));
  ColumnChoice choice = chosen_[column];
  if (isPredicted(choice.use))
    fail("{}: \"{}\" is predicted twice, which this list cannot show; change the file", place,
         column);
  choice.use = useOf(target.at("kind").get<std::string>());
  choice.order = target.value("order", std::vector<std::string>());
  choice.unit = target.value("unit", std::string());
  chosen_[column] = choice;
  if (const auto name = target.value("name", std::string()); !name.empty())
    taskNames_[column] = name;
  const auto fields = target.value("fields", json::object());
  for (const auto& [field, columns] : fields.items()) {
    const auto of = fieldColumn(columns, place + ".fields." + field);
    if (chosen_[of].use == ColumnUse::field)
      fail("{}.fields.{}: \"{}\" is a field already, which this list cannot show; change the file",
           place, field, of);
    chosen_[of].use = ColumnUse::field;
    chosen_[of].field = field;
    chosen_[of].target = column;
  }
}

void TableDraft::take(const json& keys) {
  const Parameters given(data::catalog().descriptor("table").parameters, keys, "data");
  given_ = keys;
  requireTypeable(given.at("missing"));
  for (const auto* key : kReadingKeys)
    if (keys.contains(key)) reading[key] = keys.at(key);
  validation = given.number("validation");
  test = given.number("test");
  standardize = given.boolean("standardize_targets");
  split = given.text("split");
  splitColumn = split == "random" ? std::string() : columnIn(given.at("split_column"));
  for (const auto& [column, kind] : given.at("columns").items()) {
    const auto text = kind.at("kind").get<std::string>();
    if (text == "ignored")
      chosen_[column].use = ColumnUse::leftOut;
    else
      chosen_[column].kind = text;
  }
  for (const auto& column : given.at("categorical")) chosen_[columnIn(column)].kind = "category";
  for (const auto& column : given.at("inputs")) onlyInputs_.push_back(columnIn(column));
  const auto& targets = given.at("targets");
  for (std::size_t i = 0; i < targets.size(); ++i)
    takeTarget(targets[i], "data.targets[" + std::to_string(i) + "]");
}

}  // namespace eq::widgets
