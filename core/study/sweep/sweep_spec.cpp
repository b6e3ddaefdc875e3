#include "core/study/sweep/sweep_spec.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/parameter.h"
#include "core/run/run_values.h"

namespace eq::study {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::int64_t kMostRuns = 100'000;

ParameterSpec anyKey(std::string name, std::string doc) {
  auto spec = ParameterSpec::text(std::move(name), "", std::move(doc));
  spec.type = ParameterType::any;
  spec.defaultValue = nullptr;
  return spec;
}

const std::vector<ParameterSpec>& sweepKeys() {
  static const std::vector<ParameterSpec> keys{
      ParameterSpec::choice("method", "grid", sweepMethods(),
                            "How combinations are made of the fields"),
      anyKey("fields", "Values of each field, by its path"),
      anyKey("when", "Fields that count only where others have certain values"),
      anyKey("seeds", "Seeds of each combination: a list, or a number n for 1 to n"),
      ParameterSpec::integer("runs", 0, "Combinations to draw").from(1).to(kMostRuns),
      ParameterSpec::integer("seed", 1, "Seed of the draws").from(0),
      anyKey("metric", "What is compared: task, split, metric, maximise"),
      ParameterSpec::integer("reduction", 3, "Of so many runs one goes on").from(2).to(1000),
      ParameterSpec::integer("least_steps", 1, "Steps before the first comparison").from(1),
      ParameterSpec::integer("divisions", 10, "Divisions of the lattice").from(1).to(kMostRuns),
      anyKey("weights", "Weights, a list for each combination, instead of the lattice"),
      ParameterSpec::choice("scale", "none", {"none", "first", "single"},
                            "What each task's weight is divided by"),
      ParameterSpec::choice("spacing", "lattice", {"lattice", "log"}, "Spacing of the weights"),
      anyKey("dominated", "When runs are stopped of which others are better in everything"),
  };
  return keys;
}

/// Of what races and baselines write; no person needs it.
const std::vector<ParameterSpec>& laneKeys() {
  static const std::vector<ParameterSpec> keys{
      ParameterSpec::choice("method", "lanes", {"lanes"}, "Combinations are named one by one"),
      anyKey("seeds", "Seeds of each combination"),
      anyKey("lanes", "Combinations, each an object of paths and values").needed(),
  };
  return keys;
}

/// Which keys a method reads beside `method` and `seeds`.
const std::map<std::string, std::set<std::string>>& keysOf() {
  static const std::map<std::string, std::set<std::string>> table{
      {"grid", {"fields", "when", "dominated"}},
      {"random", {"fields", "when", "runs", "seed", "dominated"}},
      {"sobol", {"fields", "when", "runs", "seed", "dominated"}},
      {"asha", {"fields", "when", "runs", "seed", "metric", "reduction", "least_steps"}},
      {"linear", {"fields", "when", "divisions", "weights", "scale", "spacing", "dominated"}},
  };
  return table;
}

void requireKeysOf(const std::string& method, const json& given) {
  const auto& read = keysOf().at(method);
  for (const auto& [key, value] : given.items())
    if (key != "method" && key != "seeds" && !read.contains(key))
      fail("sweep.{}: {} is not read by the method \"{}\", which reads seeds, {}", key,
           value.dump(), method, fmt::join(read, ", "));
  for (const char* key : {"runs", "metric"})
    if (read.contains(key) && !given.contains(key))
      fail("sweep.{}: is required by the method \"{}\" and missing", key, method);
}

SweepRange rangeFromJson(const json& value, const std::string& place) {
  const Parameters keys(
      {ParameterSpec::number("low", 0, "Least value").needed(),
       ParameterSpec::number("high", 0, "Largest value").needed(),
       ParameterSpec::choice("scale", "linear", {"linear", "log", "integer"},
                             "Spacing of the values"),
       ParameterSpec::integer("count", 1, "Values that a grid takes").from(1).to(kMostRuns)},
      value, place);
  SweepRange range;
  range.low = keys.number("low");
  range.high = keys.number("high");
  if (keys.text("scale") == "log") range.scale = SweepRange::Scale::logarithmic;
  if (keys.text("scale") == "integer") range.scale = SweepRange::Scale::integer;
  if (value.contains("count")) range.count = keys.integer("count");
  if (range.low > range.high)
    fail("{}.low: {} is above high, which is {}", place, value["low"].dump(), value["high"].dump());
  if (range.scale == SweepRange::Scale::logarithmic && range.low <= 0)
    fail("{}.low: {} has no logarithm; it must be above 0", place, value["low"].dump());
  for (const char* end : {"low", "high"})
    if (range.scale == SweepRange::Scale::integer &&
        std::trunc(keys.number(end)) != keys.number(end))
      fail("{}.{}: expected an integer, found {}", place, end, value[end].dump());
  return range;
}

SweepField fieldFromJson(const std::string& path, const json& value, const std::string& method) {
  const std::string place = fmt::format("sweep.fields[\"{}\"]", path);
  if (value.is_array()) {
    if (value.empty()) fail("{}: expected at least one value, found []", place);
    return {path, value.get<std::vector<json>>()};
  }
  if (!value.is_object())
    fail("{}: expected a list of values, or {{\"low\", \"high\"}}, found {}", place, value.dump());
  SweepField field{path, {}, rangeFromJson(value, place)};
  if (!field.range->count && (method == "grid" || method == "linear"))
    fail("{}.count: is required by the method \"{}\" and missing", place, method);
  return field;
}

std::vector<SweepField> fieldsFromJson(const ordered_json& fields, const std::string& method) {
  std::vector<SweepField> out;
  if (fields.is_null() && method == "linear") return out;
  if (!fields.is_object() || (fields.empty() && method != "linear"))
    fail("sweep.fields: expected an object of paths and their values, found {}", fields.dump());
  for (const auto& [path, value] : fields.items())
    out.push_back(fieldFromJson(path, json(value), method));
  return out;
}

/// \throws Error when the field could never count, as where a value is misspelt.
void requirePossible(const SweepCondition& condition, const std::vector<SweepField>& fields,
                     const std::string& place) {
  const auto other = std::find_if(fields.begin(), fields.end(),
                                  [&](const auto& field) { return field.path == condition.other; });
  if (other == fields.end() || other->range) return;
  const auto taken = [&](const json& value) {
    return std::find(other->values.begin(), other->values.end(), value) != other->values.end();
  };
  if (std::none_of(condition.values.begin(), condition.values.end(), taken))
    fail("{}: the field has none of these values, found {}; its values are {}", place,
         json(condition.values).dump(), json(other->values).dump());
}

std::vector<SweepCondition> conditionsFromJson(const json& when,
                                               const std::vector<SweepField>& fields) {
  std::vector<SweepCondition> conditions;
  if (when.is_null()) return conditions;
  if (!when.is_object()) fail("sweep.when: expected an object of paths, found {}", when.dump());
  for (const auto& [path, others] : when.items()) {
    const std::string place = fmt::format("sweep.when[\"{}\"]", path);
    const bool known = std::any_of(fields.begin(), fields.end(), [&name = path](const auto& field) {
      return field.path == name;
    });
    if (!known) fail("{}: is none of sweep.fields", place);
    if (!others.is_object() || others.empty())
      fail("{}: expected {{\"OTHER PATH\": [values]}}, found {}", place, others.dump());
    for (const auto& [other, values] : others.items()) {
      const std::string at = fmt::format("{}[\"{}\"]", place, other);
      if (!values.is_array() || values.empty())
        fail("{}: expected a list of values, found {}", at, values.dump());
      conditions.push_back({path, other, values.get<std::vector<json>>()});
      requirePossible(conditions.back(), fields, at);
    }
  }
  return conditions;
}

std::vector<std::uint64_t> seedsFromJson(const json& value) {
  std::vector<std::uint64_t> seeds;
  if (value.is_null()) return seeds;
  if (value.is_number_integer()) {
    check(ParameterSpec::integer("seeds", 1, "").from(1).to(kMostRuns), value, "sweep.seeds");
    for (std::uint64_t seed = 1; seed <= value.get<std::uint64_t>(); ++seed) seeds.push_back(seed);
    return seeds;
  }
  if (!value.is_array() || value.empty())
    fail("sweep.seeds: expected a list of seeds, or how many, found {}", value.dump());
  for (size_t i = 0; i < value.size(); ++i) {
    check(ParameterSpec::integer("seed", 1, "").from(0), value[i],
          fmt::format("sweep.seeds[{}]", i));
    const auto seed = value[i].get<std::uint64_t>();
    if (std::find(seeds.begin(), seeds.end(), seed) == seeds.end()) seeds.push_back(seed);
  }
  return seeds;
}

/// What a person would write for a number of a range: 0.001, not 0.0009999999999999998.
double asWritten(double value) {
  constexpr double kRounding = 1e-14;  // of a power and a product
  for (int digits = 1; digits < 12; ++digits) {
    const double written = std::stod(fmt::format("{:.{}e}", value, digits));
    if (std::abs(written - value) <= kRounding * std::abs(value)) return written;
  }
  return value;
}

SweepMetric metricFromJson(const json& value) {
  if (value.is_null()) return {};
  const Parameters keys(sweepMetricParameters(), value, "sweep.metric");
  const auto metric = keys.text("metric");
  return {keys.text("task"), keys.text("split"), metric,
          keys.isNull("maximise") ? run::isHigherBetter(metric) : keys.boolean("maximise")};
}

std::vector<std::vector<double>> weightsFromJson(const json& value) {
  std::vector<std::vector<double>> weights;
  if (value.is_null()) return weights;
  if (!value.is_array() || value.empty())
    fail("sweep.weights: expected a list of lists, found {}", value.dump());
  for (size_t i = 0; i < value.size(); ++i) {
    const auto place = fmt::format("sweep.weights[{}]", i);
    check(ParameterSpec::numberList("weights", json::array(), "").from(0), value[i], place);
    weights.push_back(value[i].get<std::vector<double>>());
    const auto& one = weights.back();
    if (std::all_of(one.begin(), one.end(), [](double weight) { return weight == 0; }))
      fail("{}: expected a weight above 0, found {}: there is nothing to train", place,
           value[i].dump());
  }
  return weights;
}

/// Weights that are named take the place of a lattice.
void requireOneKindOfWeights(const json& given) {
  for (const char* key : {"divisions", "spacing"})
    if (given.contains("weights") && given.contains(key))
      fail("sweep.{}: {} is of the lattice, in whose place sweep.weights stand; take one away", key,
           given[key].dump());
}

std::vector<json> lanesFromJson(const json& value) {
  std::vector<json> lanes;
  if (!value.is_array() || value.empty())
    fail("sweep.lanes: expected a list of objects, found {}", value.dump());
  for (size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_object())
      fail("sweep.lanes[{}]: expected an object of paths and values, found {}", i, value[i].dump());
    if (const auto same = std::find(lanes.begin(), lanes.end(), value[i]); same != lanes.end())
      fail("sweep.lanes[{}]: {} is lane {} already; change it, or take it away", i, value[i].dump(),
           same - lanes.begin());
    lanes.push_back(value[i]);
  }
  return lanes;
}

SweepSpec lanesSpecFromJson(const json& value) {
  const Parameters keys(laneKeys(), value, "sweep");
  SweepSpec spec;
  spec.method = "lanes";
  spec.seeds = seedsFromJson(keys.at("seeds"));
  spec.lanes = lanesFromJson(keys.at("lanes"));
  return spec;
}

}  // namespace

const std::vector<std::string>& sweepMethods() {
  static const std::vector<std::string> methods{"grid", "random", "sobol", "asha", "linear"};
  return methods;
}

std::vector<ParameterSpec> sweepParameters(const std::string& method) {
  std::vector<ParameterSpec> specs;
  for (const auto& spec : sweepKeys())
    if (keysOf().at(method).contains(spec.name) && spec.type != ParameterType::any)
      specs.push_back(spec);
  return specs;
}

const std::vector<ParameterSpec>& sweepMetricParameters() {
  static const auto specs = [] {
    auto maximise = ParameterSpec::boolean("maximise", false,
                                           "Whether more is better; null: as the metric says");
    maximise.orNull().defaultValue = nullptr;
    return std::vector<ParameterSpec>{
        ParameterSpec::text("task", "", "Task").needed(),
        ParameterSpec::choice("split", "validation", {"train", "validation", "test"}, "Split"),
        ParameterSpec::text("metric", "", "Metric, or loss").needed(), maximise};
  }();
  return specs;
}

json SweepRange::at(std::int64_t i) const {
  const auto last = count.value_or(1) - 1;
  if (i == 0 && scale != Scale::integer) return low;
  if (i == last && scale != Scale::integer) return high;
  const double share = last == 0 ? 0 : static_cast<double>(i) / static_cast<double>(last);
  if (scale == Scale::logarithmic) return asWritten(low * std::pow(high / low, share));
  const double value = low + share * (high - low);
  if (scale == Scale::linear) return asWritten(value);
  return static_cast<std::int64_t>(std::llround(value));
}

json SweepRange::at(double u) const {
  if (scale == Scale::logarithmic) return low * std::pow(high / low, u);
  if (scale == Scale::linear) return low + u * (high - low);
  return static_cast<std::int64_t>(std::min(high, low + std::floor(u * (high - low + 1))));
}

json SweepField::at(double u) const {
  if (range) return range->at(u);
  const auto n = static_cast<double>(values.size());
  return values[static_cast<size_t>(std::min(n - 1, std::floor(u * n)))];
}

SweepSpec sweepFromJson(const ordered_json& sweep) {
  const json plain = sweep;
  if (!plain.is_object()) fail("sweep: expected an object, found {}", plain.dump());
  if (const auto method = plain.find("method"); method != plain.end() && *method == "lanes")
    return lanesSpecFromJson(plain);
  const Parameters keys(sweepKeys(), plain, "sweep");
  SweepSpec spec;
  spec.method = keys.text("method");
  requireKeysOf(spec.method, plain);
  requireOneKindOfWeights(plain);
  spec.fields = fieldsFromJson(sweep.value("fields", ordered_json()), spec.method);
  spec.when = conditionsFromJson(keys.at("when"), spec.fields);
  spec.seeds = seedsFromJson(keys.at("seeds"));
  spec.runs = keys.integer("runs");
  spec.seed = static_cast<std::uint64_t>(keys.integer("seed"));
  spec.metric = metricFromJson(keys.at("metric"));
  spec.reduction = keys.integer("reduction");
  spec.leastSteps = keys.integer("least_steps");
  spec.divisions = keys.integer("divisions");
  spec.weights = weightsFromJson(keys.at("weights"));
  spec.scale = keys.text("scale");
  spec.spacing = keys.text("spacing");
  return spec;
}

}  // namespace eq::study
