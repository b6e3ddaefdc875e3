#include "core/run/run_argument.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr size_t kNamed = 20;

std::vector<fs::path> runsIn(const fs::path& folder) {
  std::error_code ignored;
  std::vector<fs::path> runs;
  for (const auto& entry : entriesOf(folder, ignored))
    if (isRun(entry)) runs.push_back(entry);
  std::sort(runs.begin(), runs.end());
  return runs;
}

std::string namesOf(const std::vector<fs::path>& runs) {
  std::string names;
  for (size_t i = 0; i < std::min(runs.size(), kNamed); ++i)
    names += (i == 0 ? "" : ", ") + runs[i].filename().string();
  if (runs.size() > kNamed) names += fmt::format(" and {} more", runs.size() - kNamed);
  return names;
}

}  // namespace

RunPlace runPlace(const std::string& text) {
  const auto at = text.rfind('@');
  if (at == std::string::npos) return {text};
  const auto* end = text.data() + text.size();
  std::int64_t step = 0;
  const auto [stop, code] = std::from_chars(text.data() + at + 1, end, step);
  if (code == std::errc::invalid_argument || stop != end) return {text};
  if (code != std::errc() || step < 0)
    fail("{}: a step is counted from 0, found {}", text, text.substr(at + 1));
  return {text.substr(0, at), step};
}

fs::path runFolder(const fs::path& given) {
  if (isRun(given)) return given;
  const auto runs = runsIn(given);
  if (runs.size() == 1) return runs.front();
  if (runs.empty()) requireRun(given);
  fail("{}: is not a run folder, and holds {} runs: name one of {}", given.string(), runs.size(),
       namesOf(runs));
}

RunPlace runArgument(const std::string& text) {
  const auto place = runPlace(text);
  return {runFolder(place.folder), place.step};
}

}  // namespace eq::run
