#include "core/data/arrays/array_kinds.h"

#include <algorithm>
#include <limits>
#include <map>

#include "core/data/arrays/array_survey.h"
#include "core/data/table_target_choice.h"

namespace eq::data {
namespace {

const std::map<std::string, TaskKind>& kinds() {
  static const std::map<std::string, TaskKind> table{
      {"class", TaskKind::classification},  {"binary", TaskKind::binary},
      {"ordinal", TaskKind::ordinal},       {"number", TaskKind::regression},
      {"multilabel", TaskKind::multilabel}, {"segmentation", TaskKind::segmentation}};
  return table;
}

constexpr size_t kCounted = 1000;  ///< different numbers, to tell classes from numbers

/// The rule of tables, whose column of whole numbers is a class where it has few values.
bool fewEnough(size_t different, std::int64_t rows) {
  ColumnGuess column;
  column.kind = ColumnKind::number;
  column.distinct = different;
  return different <= kCounted && looksLikeClasses(column, static_cast<size_t>(rows));
}

KindGuess guessOfBooleans(const ExampleArray& array) {
  if (array.width() == 1) return {TaskKind::binary, "a truth value a row"};
  if (!mapShape(array).empty()) return {TaskKind::segmentation, "maps of truth values"};
  return {TaskKind::multilabel, "truth values in each row"};
}

}  // namespace

std::string kindName(TaskKind kind) {
  const auto found = std::find_if(kinds().begin(), kinds().end(),
                                  [&](const auto& one) { return one.second == kind; });
  return found->first;
}

TaskKind kindNamed(const std::string& name) {
  return kinds().at(name);
}

std::vector<std::string> kindNames() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : kinds()) names.push_back(name);
  return names;
}

std::set<double> differentNumbers(const ExampleArray& array, const std::vector<double>& missing,
                                  size_t most) {
  std::set<double> different;
  double last = std::numeric_limits<double>::quiet_NaN();
  forEachNumber(array, [&](std::int64_t, std::int64_t, double number) {
    if (number == last || different.size() > most) return;
    last = number;
    if (!isMissingNumber(number, missing)) different.insert(number);
  });
  return different;
}

KindGuess guessKind(const ExampleArray& array, const std::vector<double>& missing) {
  if (!array.type().whole()) return {TaskKind::regression, "numbers with a fraction"};
  if (array.type().kind == ElementType::Kind::boolean) return guessOfBooleans(array);
  const auto different = differentNumbers(array, missing, kCounted);
  const auto count = different.size() > kCounted
                         ? fmt::format("more than {} different whole numbers", kCounted)
                         : fmt::format("{} different whole numbers", different.size());
  const bool few = fewEnough(different.size(), array.rows());
  if (array.width() == 1)
    return {few ? TaskKind::classification : TaskKind::regression, count + ", one a row"};
  if (!mapShape(array).empty())
    return {few ? TaskKind::segmentation : TaskKind::regression, count + " in maps"};
  const bool labels = different == std::set<double>{0, 1};
  if (labels && array.shape().size() == 1) return {TaskKind::multilabel, "zeros and ones"};
  return {TaskKind::regression, count};
}

std::vector<std::int64_t> mapShape(const ExampleArray& array) {
  const auto shape = array.shape();
  if (shape.size() == 2) return shape;
  if (shape.size() == 3 && shape[0] == 1) return {shape[1], shape[2]};
  return {};
}

}  // namespace eq::data
