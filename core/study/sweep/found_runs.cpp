#include <map>
#include <utility>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// What a run of the folder was made with.
struct Candidate {
  run::RunInfo info;
  json experiment;
};

/// Those that no other was forked into; what cannot be read is passed over, as in every list.
std::vector<Candidate> candidatesIn(const fs::path& folder, const std::set<fs::path>& known) {
  std::vector<Candidate> found;
  std::error_code ignored;
  for (const auto& entry : run::entriesOf(folder, ignored)) {
    if (known.contains(entry) || !run::isRun(entry)) continue;
    try {
      const run::RunReader reader(entry);
      if (Candidate one{reader.info(), reader.experiment()}; one.info.parent.empty())
        found.push_back(std::move(one));
    } catch (const Error&) {
      continue;
    }
  }
  return found;
}

/// How many single values of `asked` stand in `found`, which may have further keys: a run records
/// defaults and pins beside what it was asked for. -1 where one is another.
int agreement(const json& asked, const json& found) {
  if (asked.is_object() && found.is_object()) {
    int sum = 0;
    for (const auto& [key, value] : asked.items()) {
      const int part = found.contains(key) ? agreement(value, found[key]) : -1;
      if (part < 0) return -1;
      sum += part;
    }
    return sum;
  }
  if (asked.is_array() && found.is_array() && asked.size() == found.size()) {
    int sum = 0;
    for (size_t i = 0; i < asked.size(); ++i) {
      const int part = agreement(asked[i], found[i]);
      if (part < 0) return -1;
      sum += part;
    }
    return sum;
  }
  // The checkpoint of a teacher is named by the run.
  const bool pinned = asked.is_string() && found.is_string() &&
                      found.get<std::string>().starts_with(asked.get<std::string>() + '@');
  return asked == found || pinned ? 1 : -1;
}

/// Settings of parts of a method are in the method, as the run has them.
std::vector<train::Setting> merged(std::vector<train::Setting> settings) {
  for (auto& whole : settings)
    for (const auto& part : settings)
      if (part.path.starts_with(whole.path + '.') && whole.value.is_object())
        train::set(whole.value, {part.path.substr(whole.path.size() + 1), part.value});
  for (auto& setting : settings) {
    const bool gradient = setting.path == "balancer.gradient";
    if (gradient && setting.value == json{{"id", ""}}) setting.value = nullptr;
    if (setting.path == "balancer.gradient.id" && setting.value == "") setting.value = nullptr;
  }
  return settings;
}

class Matching {
 public:
  explicit Matching(const std::vector<SweepRun>& runs) {
    for (const auto& run : runs) {
      auto& asked = asked_.emplace_back(merged(run.settings));
      for (auto& setting : asked) paths_.emplace(setting.path, paths_.size());
    }
  }

  /// The run that `experiment` is of, the one that says most about it; -1: none.
  std::ptrdiff_t find(const json& experiment) const {
    std::vector<json> values(paths_.size());
    for (const auto& [path, place] : paths_) values[place] = train::valueAt(experiment, path);
    std::ptrdiff_t best = -1;
    int most = -1;
    for (size_t i = 0; i < asked_.size(); ++i)
      if (const int agreed = agreementOf(asked_[i], values); agreed > most) {
        most = agreed;
        best = static_cast<std::ptrdiff_t>(i);
      }
    return best;
  }

 private:
  int agreementOf(const std::vector<train::Setting>& asked, const std::vector<json>& values) const {
    int sum = 0;
    for (const auto& setting : asked) {
      const int part = agreement(setting.value, values[paths_.at(setting.path)]);
      if (part < 0) return -1;
      sum += part;
    }
    return sum;
  }

  std::vector<std::vector<train::Setting>> asked_;
  std::map<std::string, size_t> paths_;
};

bool isFurther(const run::RunInfo& a, const run::RunInfo& b) {
  const bool aDone = hasEnded(a), bDone = hasEnded(b);
  if (aDone != bDone) return aDone;
  if (a.steps != b.steps) return a.steps > b.steps;
  return a.folder < b.folder;
}

/// Its last step, or what stopped it, decides; a clone that cannot be read is left alone.
bool isOpenFork(const run::RunInfo& info) {
  return !info.parent.empty() && !hasEnded(info) && !run::isHeld(info.state);
}

}  // namespace

std::vector<run::RunInfo> openForksIn(const fs::path& folder) {
  auto runs = run::listRuns(folder);
  std::erase_if(runs, [](const run::RunInfo& info) { return !isOpenFork(info); });
  return runs;
}

bool hasEnded(const run::RunInfo& info) {
  if (info.state == run::RunState::finished) return true;
  return info.state == run::RunState::stopped && !info.message.empty();
}

std::vector<std::optional<run::RunInfo>> foundRuns(const fs::path& folder,
                                                   const std::vector<SweepRun>& runs,
                                                   const std::set<fs::path>& known) {
  const Matching matching(runs);
  std::vector<std::optional<run::RunInfo>> found(runs.size());
  for (auto& candidate : candidatesIn(folder, known)) {
    const auto place = matching.find(candidate.experiment);
    if (place < 0) continue;
    auto& known = found[static_cast<size_t>(place)];
    if (!known || isFurther(candidate.info, *known)) known = candidate.info;
  }
  return found;
}

}  // namespace eq::study
