#include "core/study/comparison_runs.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/study/run_folders.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;

struct Read {
  std::vector<ComparedRun> runs;
  std::vector<std::string> unread;  ///< why others are left out
};

/// One damaged run of many does not take the others away.
Read readCompared(const std::vector<fs::path>& folders, const ValueChoice& choice,
                  const BeforeRun& before) {
  Read out;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    before(i, folders.size());
    try {
      out.runs.push_back(readComparedRun(folders[i], choice));
    } catch (const Error& error) {
      if (out.unread.size() + 1 == folders.size()) throw;  // there is none that can be read
      out.unread.push_back(fmt::format("a run is left out: {}", error.what()));
    }
  }
  return out;
}

}  // namespace

std::vector<fs::path> comparedFolders(const std::vector<fs::path>& arguments) {
  std::vector<fs::path> folders, known;
  for (const auto& argument : arguments)
    for (const auto& folder : runFolders(argument)) {
      const auto place = fs::weakly_canonical(folder);
      if (std::find(known.begin(), known.end(), place) != known.end()) continue;
      known.push_back(place);
      folders.push_back(folder);
    }
  return folders;
}

std::vector<ComparedRun> readSingleRuns(const fs::path& folder,
                                        const std::vector<ComparedRun>& runs,
                                        const ValueChoice& choice) {
  auto read = readCompared(comparedFolders({folder}), choice, [](std::size_t, std::size_t) {});
  if (!read.unread.empty()) fail("--single: {}", read.unread.front());
  auto& single = read.runs;
  std::erase_if(single, [](const auto& run) { return !run.baselineTask(); });
  if (single.empty())
    fail(
        "--single: {} holds no single-task run (one task on, weighting equal, no gradient method); "
        "equipoise-cli baselines makes them",
        folder.string());
  std::erase_if(single, [&](const auto& one) {
    return std::any_of(runs.begin(), runs.end(), [&](const auto& run) {
      return run.tasks.size() > 1 && fs::equivalent(run.folder, one.folder);
    });
  });
  return std::move(single);
}

ComparisonRuns readComparisonRuns(const std::vector<fs::path>& arguments, const fs::path& single,
                                  const ValueChoice& choice, const BeforeRun& before) {
  ComparisonRuns out;
  auto read = readCompared(comparedFolders(arguments), choice, before);
  out.runs = std::move(read.runs);
  out.unread = std::move(read.unread);
  if (!single.empty()) out.single = readSingleRuns(single, out.runs, choice);
  return out;
}

std::vector<std::string> warningsOf(const ComparisonRuns& runs, const Comparison& comparison) {
  auto warnings = runs.unread;
  for (const auto* some : {&runs.runs, &runs.single})
    for (const auto& run : *some)
      if (run.state != run::RunState::finished)
        warnings.push_back(fmt::format("{} is {}: its values are those so far",
                                       printable(run.folder.string()), toText(run.state)));
  warnings.insert(warnings.end(), comparison.remarks.begin(), comparison.remarks.end());
  return warnings;
}

}  // namespace eq::study
