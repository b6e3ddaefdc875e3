#include "core/study/sweep/combinations.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/study/sweep/sobol.h"
#include "core/train/complete_experiment.h"

namespace eq::study {
namespace {

using nlohmann::json;
using train::Setting;

constexpr size_t kMostCombinations = 100'000;

/// All numbers as floating ones: in files 1 and 1.0 are the same.
json withPlainNumbers(const json& value) {
  if (value.is_number_integer()) return value.get<double>();
  if (!value.is_structured()) return value;
  json out = value;
  for (auto& part : out) part = withPlainNumbers(part);
  return out;
}

/// Number of the task that a path names, and 0 for others.
size_t taskIn(const std::string& path) {
  const auto end = path.find(']');
  if (!path.starts_with("tasks[") || end == std::string::npos || end > 12) return 0;
  size_t task = 0;
  for (size_t i = 6; i < end; ++i) {
    if (path[i] < '0' || path[i] > '9') return 0;
    task = 10 * task + static_cast<size_t>(path[i] - '0');
  }
  return task;
}

/// With the defaults of what it names written out, null and "" for no method the same. What cannot
/// be set stays as it is, and is refused elsewhere.
json completed(const Setting& setting) {
  const bool method = setting.path.starts_with("balancer.gradient");
  if (!setting.value.is_structured() && !setting.value.is_null() && !method) return setting.value;
  try {
    json root;
    if (setting.path.starts_with("tasks[")) root["tasks"] = json::array();
    for (size_t i = 0; root.contains("tasks") && i <= taskIn(setting.path); ++i)
      root["tasks"].push_back(json::object());
    if (root.is_null()) root = json::object();
    train::set(root, setting);
    return train::valueAt(train::completeExperiment(root), setting.path);
  } catch (const Error&) {
    return setting.value;
  }
}

/// Which fields count, given a value of each.
class Conditions {
 public:
  Conditions(const SweepSpec& sweep, const json& base) : sweep_(sweep), base_(base) {
    for (const auto& condition : sweep.when) requireKnown(condition);
  }

  std::vector<bool> counting(const std::vector<json>& values) const {
    std::vector<bool> counts(values.size());
    for (size_t i = 0; i < values.size(); ++i) counts[i] = isCounting(i, values, 0);
    return counts;
  }

 private:
  bool isCounting(size_t field, const std::vector<json>& values, size_t depth) const {
    const auto& path = sweep_.fields[field].path;
    if (depth > values.size())
      fail("sweep.when[\"{}\"]: the conditions go round in a circle", path);
    return std::all_of(sweep_.when.begin(), sweep_.when.end(), [&](const auto& condition) {
      return condition.field != path || holds(condition, values, depth);
    });
  }

  bool holds(const SweepCondition& condition, const std::vector<json>& values, size_t depth) const {
    json found = train::valueAt(base_, condition.other);
    for (size_t i = 0; i < values.size(); ++i) {
      const auto& path = sweep_.fields[i].path;
      if (!isPartOf(condition.other, path)) continue;
      if (isCounting(i, values, depth + 1))
        found = path == condition.other
                    ? values[i]
                    : train::valueAt(values[i], condition.other.substr(path.size()));
      else if (path == condition.other)
        return false;
    }
    return std::any_of(condition.values.begin(), condition.values.end(), [&](const json& value) {
      return meaningOf({condition.other, value}) == meaningOf({condition.other, found});
    });
  }

  static bool isPartOf(const std::string& path, const std::string& whole) {
    return path.starts_with(whole) &&
           (path.size() == whole.size() || path[whole.size()] == '.' || path[whole.size()] == '[');
  }

  void requireKnown(const SweepCondition& condition) const {
    const bool field =
        std::any_of(sweep_.fields.begin(), sweep_.fields.end(),
                    [&](const auto& one) { return isPartOf(condition.other, one.path); });
    if (!field && train::valueAt(base_, condition.other).is_null())
      fail("sweep.when[\"{}\"][\"{}\"]: is neither one of sweep.fields nor given in the experiment",
           condition.field, condition.other);
  }

  const SweepSpec& sweep_;
  const json& base_;
};

/// All values of each field with all of the others; the last changes first.
std::vector<std::vector<json>> allOf(const std::vector<SweepField>& fields) {
  std::vector<std::vector<json>> all{{}};
  for (const auto& field : fields) {
    const auto count = field.range ? static_cast<size_t>(*field.range->count) : field.values.size();
    if (all.size() * count > kMostCombinations)
      fail("sweep.fields: more than {} combinations; use \"random\" or \"sobol\" with \"runs\"",
           kMostCombinations);
    std::vector<std::vector<json>> longer;
    for (const auto& values : all) {
      for (size_t i = 0; i < count; ++i) {
        longer.push_back(values);
        longer.back().push_back(field.range ? field.range->at(static_cast<std::int64_t>(i))
                                            : field.values[i]);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::vector<std::vector<json>> drawn(const SweepSpec& sweep) {
  const auto dimensions = std::ssize(sweep.fields);
  std::vector<std::vector<double>> points;
  if (sweep.method == "sobol") {
    points = sobolPoints(sweep.runs, dimensions);
  } else {
    RandomStream stream(deriveSeed(sweep.seed, "sweep"));
    points.assign(size_t(sweep.runs), std::vector<double>(size_t(dimensions)));
    for (auto& point : points)
      for (auto& u : point) u = stream.uniform();
  }
  std::vector<std::vector<json>> all;
  for (const auto& point : points) {
    auto& values = all.emplace_back();
    for (size_t i = 0; i < point.size(); ++i) values.push_back(sweep.fields[i].at(point[i]));
  }
  return all;
}

Combination laneOf(const json& lane, const std::set<std::string>& paths) {
  Combination combination;
  for (const auto& path : paths) combination.fields[path] = nullptr;
  for (const auto& [path, value] : lane.items()) {
    combination.settings.push_back({path, value});
    combination.fields[path] = value;
  }
  return combination;
}

std::vector<Combination> lanesOf(const SweepSpec& sweep) {
  std::set<std::string> paths;
  for (const auto& lane : sweep.lanes)
    for (const auto& [path, value] : lane.items()) paths.insert(path);
  std::vector<Combination> all;
  for (const auto& lane : sweep.lanes) all.push_back(laneOf(lane, paths));
  return all;
}

Combination combinationOf(const SweepSpec& sweep, const std::vector<json>& values,
                          const std::vector<bool>& counts) {
  Combination combination;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto& path = sweep.fields[i].path;
    combination.fields[path] = counts[i] ? values[i] : json();
    if (counts[i]) combination.settings.push_back({path, values[i]});
  }
  return combination;
}

}  // namespace

std::string meaningOf(const Setting& setting) {
  return setting.path + '=' + withPlainNumbers(completed(setting)).dump();
}

std::vector<Combination> combinationsOf(const SweepSpec& sweep, const json& base) {
  std::vector<Combination> all;
  if (sweep.method == "lanes") {
    all = lanesOf(sweep);
  } else {
    const bool every = sweep.method == "grid" || sweep.method == "linear";
    const Conditions conditions(sweep, base);
    for (const auto& values : every ? allOf(sweep.fields) : drawn(sweep))
      all.push_back(combinationOf(sweep, values, conditions.counting(values)));
  }
  std::set<std::string> seen;
  std::map<std::string, std::string> meanings;  // few values stand in many combinations
  const auto meaningIn = [&](const Setting& setting) {
    auto& known = meanings[setting.path + '=' + setting.value.dump()];
    if (known.empty()) known = meaningOf(setting);
    return known;
  };
  std::erase_if(all, [&](const auto& combination) {
    std::string meaning;
    for (const auto& setting : combination.settings) meaning += meaningIn(setting) + '\n';
    return !seen.insert(meaning).second;
  });
  return all;
}

}  // namespace eq::study
