#include "core/train/weight_map.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/parameter.h"

namespace eq::train {
namespace {

using nlohmann::json;

constexpr std::int64_t kMostParts = 1024;

/// What each star of the pattern stands for; nothing where the name does not fit.
std::optional<std::vector<std::string>> starsIn(std::string_view name, std::string_view pattern) {
  std::vector<std::string> stars;
  const auto first = std::min(pattern.find('*'), pattern.size());
  if (!name.starts_with(pattern.substr(0, first))) return std::nullopt;
  name.remove_prefix(first);
  pattern.remove_prefix(first);
  while (!pattern.empty()) {
    pattern.remove_prefix(1);  // the star
    const auto piece = pattern.substr(0, pattern.find('*'));
    const bool isLast = piece.size() == pattern.size();
    if (isLast && !name.ends_with(piece)) return std::nullopt;
    const auto end = isLast ? name.size() - piece.size() : name.find(piece);
    if (end == std::string_view::npos) return std::nullopt;
    stars.emplace_back(name.substr(0, end));
    name.remove_prefix(end + piece.size());
    pattern.remove_prefix(piece.size());
  }
  if (!name.empty()) return std::nullopt;
  return stars;
}

/// \pre there are as many stars as the pattern has.
std::string filledIn(std::string_view pattern, const std::vector<std::string>& stars) {
  std::string text;
  size_t next = 0;
  for (const char letter : pattern)
    if (letter == '*')
      text += stars.at(next++);
    else
      text += letter;
  return text;
}

/// Parts are given as [0, 3].
void readPart(const json& given, const std::string& place, Reading& reading) {
  if (given.is_null()) return;
  const bool isPair = given.is_array() && given.size() == 2 && given[0].is_number_integer() &&
                      given[1].is_number_integer();
  if (isPair) {
    reading.part = given[0].get<std::int64_t>();
    reading.parts = given[1].get<std::int64_t>();
  }
  if (!isPair || reading.parts > kMostParts || reading.part < 0 || reading.part >= reading.parts)
    fail(
        "{}.part: expected [which, of how many], the first from 0 and at most {} of them, found {}",
        place, kMostParts, given.dump());
}

void readOrder(const json& given, const std::string& place, Reading& reading) {
  if (given.is_null()) return;
  const bool isList = given.is_array() && std::all_of(given.begin(), given.end(), [](auto& one) {
                        return one.is_number_integer();
                      });
  if (isList) reading.permute = given.get<std::vector<std::int64_t>>();
  auto sorted = reading.permute;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] != static_cast<std::int64_t>(i)) sorted.clear();
  if (sorted.empty())
    fail("{}.permute: expected each dimension of the file's tensor once, from 0, found {}", place,
         given.dump());
}

ParameterSpec anyValue(const char* name, const char* doc) {
  auto spec = ParameterSpec::object(name, nullptr, doc);
  spec.type = ParameterType::any;
  return spec.orNull();
}

const std::vector<ParameterSpec>& entryFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("ours", "", "Pattern on names here").needed(),
      ParameterSpec::text("theirs", "", "Name in the file").needed(),
      anyValue("permute", "Dimension of the file at each place"),
      anyValue("part", "Which part of how many along the first dimension"),
      ParameterSpec::boolean("reshape", false, "As many numbers may have another shape"),
  };
  return fields;
}

const std::vector<ParameterSpec>& mapFields() {
  static const std::vector<ParameterSpec> fields{
      ParameterSpec::text("description", "", "What it is about"),
      anyValue("tensors", "The entries").needed(),
  };
  return fields;
}

}  // namespace

WeightMap::WeightMap() : entries_{{"*", {"*"}}, {"*", {"model.*"}}} {}

WeightMap::WeightMap(const json& value, const std::string& place) {
  if (!value.is_object())
    fail("{}: expected an object with the list \"tensors\", found {}", place, value.type_name());
  const Parameters map(mapFields(), value, place + ": map");
  const auto& tensors = map.at("tensors");
  if (!tensors.is_array() || tensors.empty())
    fail("{}: tensors: expected a list of entries, found {}", place, tensors.dump());
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto at = fmt::format("{}: tensors[{}]", place, i);
    const Parameters fields(entryFields(), tensors[i], at);
    Entry entry{fields.text("ours"), {fields.text("theirs")}};
    const auto stars = [](const std::string& text) { return std::ranges::count(text, '*'); };
    if (stars(entry.theirs.name) > stars(entry.ours))
      fail("{}.theirs: {} has more stars than {}, of which each stands for one", at,
           entry.theirs.name, entry.ours);
    readOrder(fields.at("permute"), at, entry.theirs);
    readPart(fields.at("part"), at, entry.theirs);
    entry.theirs.reshape = fields.boolean("reshape");
    entries_.push_back(std::move(entry));
  }
}

std::vector<Reading> WeightMap::readingsOf(const std::string& name) const {
  std::vector<Reading> readings;
  for (const auto& [ours, theirs] : entries_)
    if (const auto stars = starsIn(name, ours)) {
      readings.push_back(theirs);
      readings.back().name = filledIn(theirs.name, *stars);
    }
  return readings;
}

bool isMapFile(const std::string& map) {
  return map.ends_with(".json");
}

}  // namespace eq::train
