#include "core/data/warning.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include <fmt/ranges.h>

namespace eq::data {
namespace {

constexpr size_t kApart = 3;   ///< so many alike still stand by themselves
constexpr size_t kNamed = 20;  ///< so many columns of others are named
constexpr std::string_view kColumn = "column ";

/// `"ash"` of `column "ash": ...`; empty where a message is of no column.
std::string columnOf(const Warning& warning) {
  const auto& text = warning.message;
  const auto colon = text.starts_with("column \"") ? text.find("\": ") : text.npos;
  return colon == text.npos ? "" : text.substr(kColumn.size(), colon + 1 - kColumn.size());
}

/// What notes of one kind have in common: the message without its column's name and its numbers.
std::string kindOf(const Warning& warning) {
  std::string kind;
  const auto column = columnOf(warning);
  const auto rest =
      column.empty() ? warning.message : warning.message.substr(kColumn.size() + column.size());
  std::copy_if(rest.begin(), rest.end(), std::back_inserter(kind),
               [](unsigned char c) { return std::isdigit(c) == 0; });
  return kind;
}

/// `: "ash", "flavanoids" and 3 more`, of the columns behind the first; empty where there are none.
std::string othersOf(const std::vector<std::string>& columns) {
  const size_t named = std::min(columns.size(), kNamed + 1);
  if (named < 2) return {};
  const auto last = columns.begin() + static_cast<std::ptrdiff_t>(named);
  auto list = fmt::format(": {}", fmt::join(columns.begin() + 1, last, ", "));
  if (named < columns.size()) list += fmt::format(" and {} more", columns.size() - named);
  return list;
}

struct Kind {
  size_t count = 0;
  std::vector<std::string> columns;  ///< each once, in the order of the notes
};

}  // namespace

std::vector<Warning> alikeMerged(const std::vector<Warning>& warnings) {
  std::map<std::string, Kind> kinds;
  for (const auto& warning : warnings) {
    auto& [count, columns] = kinds[kindOf(warning)];
    const auto column = columnOf(warning);
    ++count;
    if (!column.empty() && std::find(columns.begin(), columns.end(), column) == columns.end())
      columns.push_back(column);
  }
  std::vector<Warning> merged;
  for (const auto& warning : warnings) {
    auto& [count, columns] = kinds[kindOf(warning)];
    if (count == 0) continue;
    merged.push_back(warning);
    if (count <= kApart) continue;
    merged.back().message +=
        fmt::format(" (and {} more notes of this kind{})", count - 1, othersOf(columns));
    count = 0;
  }
  return merged;
}

}  // namespace eq::data
