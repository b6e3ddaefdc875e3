#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/metric/pareto/analytic.h"
#include "core/metric/pareto/front_json.h"
#include "core/metric/pareto/json_points.h"

namespace eq::metric {
namespace {

using nlohmann::json;

/// The id of {"id": ..., ...}, and the rest.
struct Named {
  std::string id;
  json rest;
};

Named readNamed(const json& value, const std::string& field) {
  if (!value.is_object() || !value.contains("id") || !value["id"].is_string())
    fail("{}: expected an object with an \"id\", found {}", field, quoted(value));
  json rest = value;
  rest.erase("id");
  return {value["id"].get<std::string>(), std::move(rest)};
}

void checkInBox(const Points& x, const AnalyticProblem::Box& box) {
  for (size_t i = 0; i < x.size(); ++i) {
    const auto count = std::ssize(x[i]);
    if (count < box.least)
      fail("problem.x[{}]: {} variables are too few, at least {} are needed", i, count, box.least);
    if (box.most > 0 && count > box.most)
      fail("problem.x[{}]: {} variables are too many, there are {}", i, count, box.most);
    for (size_t k = 0; k < x[i].size(); ++k)
      if (x[i][k] < box.low || x[i][k] > box.high)
        fail("problem.x[{}][{}]: {} is outside of {} to {}", i, k, x[i][k], box.low, box.high);
  }
}

/// How many objectives the points and what stands beside them have; each must have as many as the
/// first that tells.
class Width {
 public:
  void check(size_t found, const std::string& field, const json& value) {
    if (found == 0)
      fail("{}: expected a number for each objective, found {}", field, quoted(value));
    if (width_ && found != *width_)
      fail("{}: expected {} numbers as in {}, found {}: {}", field, *width_, first_, found,
           quoted(value));
    if (!width_) width_ = found, first_ = field;
  }
  std::optional<size_t> value() const { return width_; }

 private:
  std::optional<size_t> width_;
  std::string first_;
};

class Reader {
 public:
  explicit Reader(const json& input) : input_(input) {
    if (!input.is_object())
      fail("input: expected an object with \"points\" or \"problem\", found {}", quoted(input));
  }

  FrontQuestion read() {
    if (has("points") && has("problem"))
      fail("problem: stands instead of points, found both; take one of them away");
    if (has("problem"))
      readProblem();
    else if (input_.contains("points"))
      readPoints();
    else
      fail("points: is required and missing; give \"points\" or a \"problem\"");
    if (has("maximise")) readMaximise();
    if (has("reference")) readReference();
    if (has("front")) readFront();
    if (has("groups")) readGroups();
    if (has("curve")) readCurve();
    question_.maximise.resize(width_.value().value_or(0), 0);
    return std::move(question_);
  }

  std::optional<size_t> width() const { return width_.value(); }

 private:
  /// Null is as good as nothing.
  bool has(const char* field) const { return input_.contains(field) && !input_[field].is_null(); }

  void readPoints() {
    question_.points = readRows(input_["points"], "points", true);
    if (!question_.points.empty())
      width_.check(question_.points[0].size(), "points[0]", input_["points"][0]);
  }

  void readProblem() {
    auto [id, rest] = readNamed(input_["problem"], "problem");
    const auto& descriptor = analyticProblems().descriptor(id, "problem.id");
    if (!rest.contains("x")) fail("problem.x: is required and missing");
    const Points x = readRows(rest["x"], "problem.x");
    rest.erase("x");
    const auto problem = analyticProblems().create(descriptor.id, rest, "problem");
    checkInBox(x, problem->box());
    for (const auto& place : x) question_.points.push_back(problem->values(place));
    width_.check(static_cast<size_t>(problem->objectives()), "problem", input_["problem"]);
  }

  void readMaximise() {
    const auto& value = input_["maximise"];
    if (!value.is_array()) fail("maximise: expected a list of 0 and 1, found {}", quoted(value));
    for (size_t k = 0; k < value.size(); ++k) {
      const bool isFlag =
          value[k].is_boolean() || (value[k].is_number() && (value[k] == 0 || value[k] == 1));
      if (!isFlag) fail("maximise[{}]: must be 0 or 1, found {}", k, quoted(value[k]));
      question_.maximise.push_back(value[k] == 1 || value[k] == true);
    }
    width_.check(value.size(), "maximise", value);
  }

  void readReference() {
    const auto& value = input_["reference"];
    question_.reference = readNumbers(value, "reference");
    width_.check(question_.reference->size(), "reference", value);
  }

  void readFront() {
    const auto& value = input_["front"];
    if (value.is_object()) {
      readNamedFront(value);
    } else {
      question_.front = readRows(value, "front");
      if (question_.front.empty()) fail("front: expected at least one point, found []");
    }
    width_.check(question_.front[0].size(), "front", value);
  }

  void readNamedFront(const json& value) {
    auto [id, rest] = readNamed(value, "front");
    const auto& descriptor = analyticProblems().descriptor(id, "front.id");
    const auto size = frontSize(descriptor);
    auto specs = descriptor.parameters;
    specs.push_back(size);
    const auto resolution = Parameters(specs, rest, "front").integer(size.name);
    rest.erase(size.name);
    question_.front = analyticProblems().create(id, rest, "front")->front(resolution);
    question_.namedFront = true;
  }

  void readGroups() {
    const auto& value = input_["groups"];
    if (!value.is_array()) fail("groups: expected a list of integers, found {}", quoted(value));
    if (value.size() != question_.points.size())
      fail("groups: expected {} integers, one a point, found {}: {}", question_.points.size(),
           value.size(), quoted(value));
    std::vector<std::int64_t> groups;
    for (size_t i = 0; i < value.size(); ++i) {
      const bool isTooLarge =
          value[i].is_number_unsigned() &&
          value[i].get<std::uint64_t>() >
              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
      if (!value[i].is_number_integer() || isTooLarge)
        fail("groups[{}]: expected an integer of 64 bits, found {}", i, quoted(value[i]));
      groups.push_back(value[i].get<std::int64_t>());
    }
    question_.groups = std::move(groups);
  }

  void readCurve() {
    question_.curve = readRows(input_["curve"], "curve");
    for (size_t i = 0; i < question_.curve->size(); ++i)
      if ((*question_.curve)[i].size() != 2)
        fail("curve[{}]: expected two numbers, x and y, found {}", i, quoted(input_["curve"][i]));
  }

  const json& input_;
  FrontQuestion question_;
  Width width_;
};

}  // namespace

FrontQuestion readFrontQuestion(const json& input, const FrontOptions& options) {
  Reader reader(input);
  auto question = reader.read();
  const auto width = reader.width();
  if (question.groups && width && *width != 2)
    fail("groups: attainment surfaces need points of 2 objectives, found {}", *width);
  if (options.knee == "bend" && width && *width != 2)
    fail("pareto.knee: bend needs points of 2 objectives, found {}", *width);
  return question;
}

std::vector<std::string> frontQuestionFields() {
  return {"points", "problem", "maximise", "reference", "front", "groups", "curve"};
}

}  // namespace eq::metric
