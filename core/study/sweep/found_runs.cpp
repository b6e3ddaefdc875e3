#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/study/sweep/sweep_folder.h"
#include "core/train/complete_experiment.h"

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

/// How many single values differ between two completed experiments.
std::ptrdiff_t deviations(const json& a, const json& b) {
  const json one = a.flatten(), other = b.flatten();
  std::ptrdiff_t count = 0;
  for (const auto& [path, value] : one.items()) {
    const auto found = other.find(path);
    if (found == other.end() || *found != value) ++count;
  }
  for (const auto& [path, value] : other.items())
    if (!one.contains(path)) ++count;
  return count;
}

/// Which of the runs that a sweep stands for an experiment is of.
class Matching {
 public:
  Matching(const SweepFile& file, const std::vector<SweepRun>& runs)
      : base_(train::toJson(file.base)), complete_(train::completeExperiment(base_)) {
    for (const auto& run : runs) {
      auto& asked = asked_.emplace_back(merged(run.settings));
      for (auto& setting : asked) paths_.emplace(setting.path, paths_.size());
    }
  }

  /// -1: none. Combinations that set other fields than each other can all agree with one run: then
  /// it is of the one that leaves least of it unsaid.
  std::ptrdiff_t find(const json& experiment) const {
    std::vector<json> values(paths_.size());
    for (const auto& [path, place] : paths_) values[place] = train::valueAt(experiment, path);
    std::vector<Agreed> agreed;
    for (size_t i = 0; i < asked_.size(); ++i)
      if (const int sum = agreementOf(asked_[i], values); sum >= 0)
        agreed.push_back({static_cast<std::ptrdiff_t>(i), 0, 0, -sum});
    if (agreed.empty()) return -1;
    if (agreed.size() > 1) weigh(agreed, experiment, values);
    return std::min_element(agreed.begin(), agreed.end())->place;
  }

 private:
  /// Less is better, from the first to the last.
  struct Agreed {
    std::ptrdiff_t place;
    std::ptrdiff_t deviations;   ///< from what the combination would have made
    std::ptrdiff_t unexplained;  ///< values that another one asked for, and nothing here says
    std::ptrdiff_t disagreement;
    bool operator<(const Agreed& other) const {
      return std::tie(deviations, unexplained, disagreement, place) <
             std::tie(other.deviations, other.unexplained, other.disagreement, other.place);
    }
  };

  int agreementOf(const std::vector<train::Setting>& asked, const std::vector<json>& values) const {
    int sum = 0;
    for (const auto& setting : asked) {
      const int part = agreement(setting.value, values[paths_.at(setting.path)]);
      if (part < 0) return -1;
      sum += part;
    }
    return sum;
  }

  void weigh(std::vector<Agreed>& agreed, const json& experiment,
             const std::vector<json>& values) const {
    const json found = train::completeExperiment(experiment);
    std::map<std::string, const json*> explicitly;  // what the agreeing ones set
    for (const auto& one : agreed)
      for (const auto& setting : asked_[static_cast<size_t>(one.place)])
        explicitly[setting.path] = &values[paths_.at(setting.path)];
    for (auto& one : agreed) {
      const auto made = madeOf(asked_[static_cast<size_t>(one.place)], experiment);
      one.deviations = deviations(train::completeExperiment(made), found);
      for (const auto& [path, value] : explicitly)
        if (!sets(one.place, path) && train::valueAt(complete_, path) != *value) ++one.unexplained;
    }
  }

  bool sets(std::ptrdiff_t place, const std::string& path) const {
    const auto& asked = asked_[static_cast<size_t>(place)];
    return std::any_of(asked.begin(), asked.end(),
                       [&path](const auto& setting) { return setting.path == path; });
  }

  /// The experiment of a combination; where the file names no tasks, they are the run's.
  json madeOf(const std::vector<train::Setting>& asked, const json& experiment) const {
    json made = base_;
    if (made.value("tasks", json::array()).empty() && experiment.contains("tasks"))
      made["tasks"] = experiment["tasks"];
    for (const auto& setting : asked) train::set(made, setting);
    return made;
  }

  const json base_, complete_;
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

std::vector<std::optional<run::RunInfo>> foundRuns(const fs::path& folder, const SweepFile& file,
                                                   const std::vector<SweepRun>& runs,
                                                   const std::set<fs::path>& known) {
  const Matching matching(file, runs);
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
