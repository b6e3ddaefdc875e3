#include "core/run/whereabouts.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/train/complete_experiment.h"
#include "core/train/experiment_files.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Replace = std::function<std::string(const std::string&)>;

bool isThere(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Whether two paths lead to one folder.
bool isSame(const fs::path& a, const fs::path& b) {
  std::error_code code;
  return a == b || (fs::equivalent(a, b, code) && !code);
}

fs::path normal(const fs::path& path) {
  auto text = fs::absolute(path).lexically_normal().string();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string withRunAt(const std::string& text, const Replace& replace) {
  const auto place = runPlace(text);
  const std::string folder = replace(place.folder.string());
  return place.step < 0 ? folder : fmt::format("{}@{}", folder, place.step);
}

/// Replaces every path that the experiment names.
void replacePaths(train::Experiment& experiment, const Replace& replace) {
  train::replaceFiles(experiment, replace);
  for (auto& task : experiment.tasks)
    if (!task.teacher.empty()) task.teacher = withRunAt(task.teacher, replace);
  if (auto& run = experiment.init.run; !run.empty()) run = withRunAt(run, replace);
}

/// Whether the experiment names anything by relative paths, and all of it lies in the folder.
bool holdsAll(const fs::path& folder, train::Experiment experiment) {
  bool any = false, all = true;
  replacePaths(experiment, [&](const std::string& path) {
    const bool isRelative = fs::path(path).is_relative();
    any = any || isRelative;
    all = all && (!isRelative || isThere(folder / path));
    return path;
  });
  return any && all;
}

bool fits(const std::string& parameter, const fs::path& path) {
  std::error_code ignored;
  return parameter == "folder" ? fs::is_directory(path, ignored)
                               : fs::is_regular_file(path, ignored);
}

}  // namespace

Whereabouts::Whereabouts(const RunReader& reader, fs::path data)
    : run_(normal(reader.folder())), dataFolder_(reader.dataFolder()), homes_(reader.homes()) {
  std::reverse(homes_.begin(), homes_.end());
  movedOrCopied_ = !homes_.empty() && !isSame(run_, homes_.front());
  if (data.empty()) return;
  if (!isThere(data)) fail("--data: there is no {}", data.string());
  data_ = normal(data);
}

/// Where `path` would lie now had it moved along with the run, for each place where that lay.
std::vector<fs::path> Whereabouts::candidates(const fs::path& path) const {
  std::vector<fs::path> runs{run_};
  std::error_code code;  // the run may be named by way of a link
  if (const auto real = fs::canonical(run_, code); !code && real != run_) runs.push_back(real);
  std::vector<fs::path> places;
  for (const auto& home : homes_) {
    const auto fromRun = path.lexically_relative(home);
    if (fromRun.empty()) continue;  // a damaged record
    for (const auto& run : runs) places.push_back(normal(run / fromRun));
  }
  return places;
}

fs::path Whereabouts::nowOf(const fs::path& path) const {
  if (!path.is_absolute() || (!movedOrCopied_ && isThere(path))) return path;
  const auto places = candidates(path);
  const auto found = std::find_if(places.begin(), places.end(), isThere);
  return found == places.end() ? path : *found;
}

/// Where relative paths start: the recorded folder, or where it lies now when more is found there.
fs::path Whereabouts::folderFor(const train::Experiment& experiment) const {
  const auto serves = [&](const fs::path& folder) {
    return isThere(folder) && holdsAll(folder, experiment);
  };
  if (!movedOrCopied_ && serves(dataFolder_)) return dataFolder_;
  for (const auto& place : candidates(dataFolder_))
    if (serves(place)) return place;
  return isThere(dataFolder_) ? dataFolder_ : nowOf(dataFolder_);
}

void Whereabouts::takeNamedData(train::Experiment& experiment) const {
  const auto names = train::dataFiles(experiment);
  if (names.empty()) fail("--data: the data {} read no file; leave it out", experiment.data.id);
  for (const auto& name : names) {
    const fs::path given = experiment.data.params[name].get<std::string>();
    const auto places = {given.is_absolute() ? data_ : data_ / given, data_ / given.filename(),
                         data_};
    const auto found = std::find_if(places.begin(), places.end(),
                                    [&](const fs::path& place) { return fits(name, place); });
    if (found == places.end())
      fail("--data: there is no {} in {}", given.filename().string(), data_.string());
    experiment.data.params[name] = found->string();
  }
}

Located Whereabouts::locate(const json& experiment) const {
  if (train::isImported(experiment)) {  // there is nothing to be located
    train::Experiment named;
    named.name = experiment.value("name", std::string());
    return {named, {}};
  }
  return locate(train::experimentFromJson(experiment));
}

Located Whereabouts::locate(train::Experiment given) const {
  Located located{std::move(given), {}};
  auto& experiment = located.experiment;
  const auto note = [&](const fs::path& before, const fs::path& now) {
    if (now != before)
      located.moves.push_back(
          fmt::format("{} is used instead of {}", now.string(), before.string()));
  };
  if (!data_.empty()) takeNamedData(experiment);
  experiment.folder = folderFor(experiment);
  note(dataFolder_, experiment.folder);
  replacePaths(experiment, [&](const std::string& path) {
    const auto now = nowOf(path);
    note(path, now);
    return now.string();
  });
  return located;
}

void Whereabouts::requireData(const train::Experiment& experiment) const {
  for (const auto& name : train::dataFiles(experiment)) {
    const auto given = experiment.data.params.at(name).get<std::string>();
    try {
      findPath(given, experiment.folder, "data." + name);
    } catch (const Error& error) {
      fail("{}; if it was moved, say where it is: equipoise-cli resume {} --data FOLDER",
           error.what(), run_.string());
    }
  }
}

}  // namespace eq::run
