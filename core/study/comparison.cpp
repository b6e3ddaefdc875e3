#include "core/study/comparison.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/study/comparison_parts.h"
#include "core/train/complete_experiment.h"

namespace eq::study {
namespace {

using nlohmann::json;
using Members = std::vector<const ComparedRun*>;

const std::set<std::string> kUncounted{"name", "description", "seed", "imported.place"};

void requireField(const std::string& option, const std::string& path, const Members& members) {
  std::vector<std::string> known;
  for (const auto* run : members) {
    if (train::fieldAt(run->complete, path)) return;
    if (known.empty()) known = train::writtenPaths({&run->complete});
  }
  fail("{}: these runs have no field {}; known: {}", option, path, namesNear(path, known));
}

/// What is written in the experiments and is not the same for all.
std::vector<std::string> differingPaths(const Members& members) {
  std::vector<const json*> experiments;
  for (const auto* run : members) experiments.push_back(&run->experiment);
  std::vector<std::string> differing;
  for (const auto& path : train::writtenPaths(experiments)) {
    if (kUncounted.contains(path)) continue;
    const auto first = members[0]->field(path);
    if (std::any_of(members.begin(), members.end(),
                    [&](const auto* run) { return run->field(path) != first; }))
      differing.push_back(path);
  }
  return differing;
}

/// As it was written, or else its default.
json shownField(const ComparedRun& run, const std::string& path) {
  const auto complete = run.field(path);
  if (complete.is_null()) return complete;
  return train::fieldAt(run.experiment, path).value_or(complete);
}

std::vector<Group> groupsOf(const Members& members, const std::vector<std::string>& paths) {
  std::vector<Group> groups;
  std::map<std::string, std::size_t> places;
  for (const auto* run : members) {
    json key = json::array();
    for (const auto& path : paths) key.push_back(run->field(path));
    const auto [place, isNew] = places.try_emplace(key.dump(), groups.size());
    if (isNew) {
      groups.emplace_back();
      for (const auto& path : paths) groups.back().fields[path] = shownField(*run, path);
    }
    groups[place->second].runs.push_back(run);
  }
  for (auto& group : groups)
    std::stable_sort(group.runs.begin(), group.runs.end(),
                     [](const auto* a, const auto* b) { return a->seed < b->seed; });
  return groups;
}

void summariseMetrics(Group& group) {
  for (std::size_t i = 0; i < group.runs.size(); ++i)
    for (const auto& task : group.runs[i]->tasks) {
      if (!task.enabled) continue;
      for (const auto& [metric, value] : task.values) {
        auto& values = group.metrics[task.name][metric].values;
        values.resize(group.runs.size());
        values[i] = value;
      }
    }
  for (auto& [task, metrics] : group.metrics)
    for (auto& [metric, one] : metrics) {
      std::vector<double> there;
      for (const auto& value : one.values)
        if (value) there.push_back(*value);
      one.summary = summarise(there);
    }
}

bool isNoMethod(const json& value) {
  if (!value.is_object()) return value.is_null() || value == "";
  const auto id = value.find("id");
  return id == value.end() || id->is_null() || *id == "";
}

/// `tasks[0].loss` as a pointer of JSON.
json::json_pointer pointerOf(const std::string& path) {
  std::string pointer = "/";
  for (const char c : path)
    if (c == '.' || c == '[')
      pointer += '/';
    else if (c != ']')
      pointer += c;
  return json::json_pointer(pointer);
}

/// Whether a run has this value, where a method may be given by its id, and without its defaults.
bool hasValue(const ComparedRun& run, const std::string& path, const json& value) {
  const auto found = run.field(path);
  if (path == "balancer.gradient" || path == "balancer.gradient.id")
    if (isNoMethod(value)) return found.is_null();
  if (!found.is_object() || found == value) return found == value;
  if (value.is_string()) return found.value("id", json()) == value;
  if (!value.is_object()) return false;
  auto other = run.experiment;
  other[pointerOf(path)] = value;
  return train::fieldAt(train::completeExperiment(other), path) == found;
}

std::string fieldsText(const Group& group) {
  return json(group.fields).dump(-1, ' ', false, json::error_handler_t::replace);
}

bool fits(const Group& group, const std::vector<std::string>& assignments) {
  return std::all_of(assignments.begin(), assignments.end(), [&](const auto& assignment) {
    const auto equals = assignment.find('=');
    const auto text = assignment.substr(equals + 1);
    auto value = json::parse(text, nullptr, false);
    if (value.is_discarded()) value = text;
    return std::all_of(group.runs.begin(), group.runs.end(), [&](const auto* run) {
      return hasValue(*run, assignment.substr(0, equals), value);
    });
  });
}

std::size_t baselineAmong(const std::vector<Group>& groups,
                          const std::vector<std::string>& assignments) {
  std::vector<std::size_t> fitting;
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (fits(groups[i], assignments)) fitting.push_back(i);
  if (fitting.size() == 1) return fitting[0];
  const auto asked = fmt::format("{}", fmt::join(assignments, ","));
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < groups.size() && shown.size() < 8; ++i)
    if (fitting.empty() || fits(groups[i], assignments)) shown.push_back(fieldsText(groups[i]));
  if (fitting.empty())
    fail("--baseline: {} fits no group; there are {}", asked, fmt::join(shown, ", "));
  fail("--baseline: {} fits {} groups, {}; name further fields", asked, fitting.size(),
       fmt::join(shown, ", "));
}

void checkPaths(const ComparisonRequest& request, const Members& members) {
  for (const auto& path : request.by) requireField("--by", path, members);
  for (const auto& assignment : request.baseline) {
    const auto equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
      fail("--baseline: expected PATH=VALUE, such as tasks[0].loss.id=focal, found \"{}\"",
           assignment);
    requireField("--baseline", assignment.substr(0, equals), members);
  }
}

std::optional<std::size_t> baselineOf(const std::vector<Group>& groups,
                                      const ComparisonRequest& request) {
  if (!request.baseline.empty()) return baselineAmong(groups, request.baseline);
  for (std::size_t i = 0; i < groups.size() && !request.pinned.empty(); ++i)
    for (const auto* run : groups[i].runs)
      if (run->folder == request.pinned) return i;
  return std::nullopt;
}

/// A run of the only task of its data is none.
bool isBaseline(const ComparedRun& run) {
  return run.tasks.size() > 1 && run.baselineTask();
}

Members membersOf(const std::vector<ComparedRun>& runs) {
  Members members;
  for (const auto& run : runs)
    if (!isBaseline(run)) members.push_back(&run);
  return members;
}

}  // namespace

std::vector<std::string> splitAtCommas(const std::string& text) {
  std::vector<std::string> pieces(1);
  int depth = 0;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\' && i + 1 < text.size()) pieces.back() += text[i++];
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '[' || c == '{') {
      ++depth;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth <= 0) {
      pieces.emplace_back();
      continue;
    }
    pieces.back() += text[i];
  }
  for (auto& piece : pieces) {
    piece.erase(0, piece.find_first_not_of(' '));
    piece.erase(piece.find_last_not_of(' ') + 1);
  }
  std::erase(pieces, "");
  return pieces;
}

std::vector<std::string> differingFields(const std::vector<ComparedRun>& runs) {
  const auto members = membersOf(runs);
  return members.empty() ? std::vector<std::string>() : differingPaths(members);
}

Comparison compare(const std::vector<ComparedRun>& runs, const std::vector<ComparedRun>& single,
                   const ComparisonRequest& request) {
  const auto members = membersOf(runs);
  Members baselines;
  for (const auto& run : runs)
    if (isBaseline(run)) baselines.push_back(&run);
  for (const auto& run : single)
    if (run.baselineTask()) baselines.push_back(&run);
  if (members.empty())
    fail(
        "these are single-task baselines only (one task on, weighting equal, no gradient method); "
        "name runs to compare with them");
  checkPaths(request, members);
  Comparison comparison;
  comparison.groups = groupsOf(members, request.by.empty() ? differingPaths(members) : request.by);
  for (auto& group : comparison.groups) summariseMetrics(group);
  addDrops(comparison, baselines);
  addRepeats(comparison);
  comparison.equalLosses = tasksOfEqualLoss(members);
  addMeanRanks(comparison.groups, comparison.equalLosses);
  if (const auto baseline = baselineOf(comparison.groups, request))
    comparison.tests = pairedTests(comparison.groups, *baseline, comparison.equalLosses);
  return comparison;
}

}  // namespace eq::study
