#include "core/merge/method.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// Where the first number stands that is not finite: `.norms[0]`.
std::optional<std::string> notFiniteIn(const json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>())) return "";
  if (value.is_object())
    for (const auto& [key, part] : value.items())
      if (const auto found = notFiniteIn(part)) return fmt::format(".{}{}", key, *found);
  if (value.is_array())
    for (size_t i = 0; i < value.size(); ++i)
      if (const auto found = notFiniteIn(value[i])) return fmt::format("[{}]{}", i, *found);
  return {};
}

json cosinesOf(const Vectors& taus, const std::vector<double>& norms) {
  auto rows = json::array();
  for (size_t i = 0; i < taus.size(); ++i) {
    auto row = json::array();
    for (size_t j = 0; j < taus.size(); ++j) {
      if (norms[i] == 0 || norms[j] == 0) {
        row.push_back(nullptr);
        continue;
      }
      const double cosine = (taus[i] / norms[i]).dot(taus[j] / norms[j]);
      row.push_back(i == j ? 1.0 : std::clamp(cosine, -1.0, 1.0));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

double normOf(const Eigen::VectorXd& vector) {
  return vector.size() > 0 ? vector.stableNorm() : 0;
}

[[noreturn]] void refuseNumber(const std::string& place) {
  fail("{}: the answer's number is beyond those of float64; the inputs are too large", place);
}

void checkFinite(const Eigen::VectorXd& theta, const Question& question) {
  for (const auto& place : question.places) {
    const auto part = theta.segment(place.begin, place.size);
    for (Eigen::Index i = 0; i < place.size; ++i)
      if (!std::isfinite(part[i])) refuseNumber(fmt::format("merged.{}.data[{}]", place.name, i));
  }
}

}  // namespace

json MergeMethod::compute(const json& input, std::uint64_t seed) const {
  if (!input.is_object())
    fail("input: expected an object with the input fields, found {}", metric::quoted(input));
  auto found = answer(input, seed);
  if (const auto place = notFiniteIn(found)) refuseNumber(place->substr(1));
  return found;
}

TensorMerge::TensorMerge(const Parameters& parameters, bool needsBase)
    : exclude_(parameters.at("exclude").get<std::vector<std::string>>()), needsBase_(needsBase) {}

json TensorMerge::answer(const json& input, std::uint64_t seed) const {
  const auto question = readQuestion(input, exclude_, needsBase_);
  auto merged = mergedOf(question, input, seed);
  json answer = std::move(merged.fields);
  answer["merged"] = flatToJson(merged.theta, question);
  for (const auto& [name, tensor] : question.copied) answer["merged"][name] = toJson(tensor);
  if (!question.hasBase) return answer;
  addGeometry(question.taus, answer);
  answer["merged_norm"] = normOf(merged.theta - question.base);
  return answer;
}

Merged TensorMerge::mergedOf(const Question& question, const json& input,
                             std::uint64_t seed) const {
  auto merged = merge(question, input, seed);
  checkFinite(merged.theta, question);
  raiseVariances(merged.theta, question);
  return merged;
}

void addGeometry(const Vectors& taus, json& answer) {
  std::vector<double> norms;
  for (const auto& tau : taus) norms.push_back(normOf(tau));
  answer["norms"] = norms;
  answer["cosines"] = cosinesOf(taus, norms);
}

Eigen::VectorXd added(const Eigen::VectorXd& base, const Eigen::VectorXd& update) {
  return (update.array() == 0).select(base, base + update);
}

Eigen::VectorXd weightedSum(const Vectors& vectors, const std::vector<double>& weights) {
  Eigen::VectorXd sum = weights[0] * vectors[0];
  for (size_t k = 1; k < vectors.size(); ++k) sum += weights[k] * vectors[k];
  return sum;
}

Eigen::VectorXd sumOf(const Vectors& vectors) {
  return weightedSum(vectors, std::vector<double>(vectors.size(), 1.0));
}

void raiseVariances(Eigen::VectorXd& theta, const Question& question) {
  constexpr double kLeast = 1e-8;
  for (const auto& place : question.places) {
    if (!place.name.ends_with("running_var")) continue;
    auto part = theta.segment(place.begin, place.size);
    part = (part.array() < kLeast).select(kLeast, part).eval();  // what is NaN stays so
  }
}

std::vector<double> perExpert(const std::vector<double>& given, size_t experts,
                              const std::string& place) {
  if (given.size() != experts)
    fail("{}: expected {} numbers, one for each expert, found {}", place, experts, given.size());
  return given;
}

std::vector<double> positiveWeights(const std::vector<double>& given, bool isNull, size_t experts,
                                    const std::string& place) {
  if (isNull) return std::vector<double>(experts, 1.0 / static_cast<double>(experts));
  perExpert(given, experts, place);
  double sum = 0;
  for (const double weight : given) sum += weight;
  if (!(sum > 0)) fail("{}: the sum must be above 0, found {}", place, sum);
  if (!std::isfinite(sum)) fail("{}: the sum is beyond the numbers of float64", place);
  return given;
}

Eigen::Index countOfShare(double share, Eigen::Index n) {
  return static_cast<Eigen::Index>(std::floor(share * static_cast<double>(n) + 1e-9));
}

ParameterSpec excludeParameter() {
  auto spec = ParameterSpec::numberList("exclude", {"head."},
                                        "Beginnings of the names of tensors that are not merged");
  spec.type = ParameterType::any;
  return spec;
}

ParameterSpec lambdaParameter(double value) {
  return ParameterSpec::number("lambda", value, "λ, factor of what is added to the base")
      .from(-10)
      .to(10);
}

ParameterSpec trainingSteps(std::int64_t steps) {
  return ParameterSpec::integer("steps", steps, "Runs: steps of training").from(0);
}

ParameterSpec learningRate(double rate) {
  return ParameterSpec::number("lr", rate, "Runs: learning rate").above(0);
}

ParameterSpec batchSize(std::int64_t size) {
  return ParameterSpec::integer("batch_size", size, "Runs: examples a batch").from(1);
}

InputField baseField(bool required) {
  return {"base", "{NAME: tensor}", "θ0, from which the experts were trained", required};
}

InputField expertsField() {
  return {"experts", "[K] {NAME: tensor}", "θ_k"};
}

}  // namespace eq::merge
