#include "core/data/warning.h"

#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

namespace eq::data {
namespace {

constexpr size_t kApart = 3;  ///< so many alike still stand by themselves

/// What notes of one kind have in common: the message without its column's name and its numbers.
std::string kindOf(const Warning& warning) {
  std::string kind;
  const auto& text = warning.message;
  const auto colon = text.starts_with("column \"") ? text.find("\": ") : text.npos;
  const std::string rest = colon == text.npos ? text : text.substr(colon);
  std::copy_if(rest.begin(), rest.end(), std::back_inserter(kind),
               [](unsigned char c) { return std::isdigit(c) == 0; });
  return kind;
}

}  // namespace

std::vector<Warning> alikeMerged(const std::vector<Warning>& warnings) {
  std::map<std::string, size_t> counts;
  for (const auto& warning : warnings) ++counts[kindOf(warning)];
  std::vector<Warning> merged;
  for (const auto& warning : warnings) {
    auto& count = counts[kindOf(warning)];
    if (count == 0) continue;
    merged.push_back(warning);
    if (count <= kApart) continue;
    merged.back().message += fmt::format(" (and {} more notes of this kind)", count - 1);
    count = 0;
  }
  return merged;
}

}  // namespace eq::data
