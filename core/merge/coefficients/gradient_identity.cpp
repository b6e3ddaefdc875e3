#include "core/merge/coefficients/gradient_identity.h"

#include "core/base/error.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {

using nlohmann::json;

double dotAt(const Eigen::VectorXd& gradient, const Eigen::VectorXd& tau, const Place& place) {
  return gradient.segment(place.begin, place.size).dot(tau.segment(place.begin, place.size));
}

bool given(const json& input, const std::string& field) {
  return input.contains(field) && !input[field].is_null();
}

std::vector<json> readCoefficientList(const json& input, const Question& question) {
  if (!given(input, "coefficients")) return {};
  const auto& list = input["coefficients"];
  if (!list.is_array() || list.size() != question.count())
    fail("coefficients: expected a list of {}, one an expert, found {}", question.count(),
         list.is_array() ? std::to_string(list.size()) : metric::quoted(list));
  return list.get<std::vector<json>>();
}

void checkCoefficientNames(const json& names, const std::string& place, const Question& question) {
  for (const auto& [name, value] : names.items())
    if (!question.find(name)) fail("{}.{}: no merged tensor has this name", place, name);
}

}  // namespace eq::merge
