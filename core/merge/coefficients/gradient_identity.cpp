#include "core/merge/coefficients/gradient_identity.h"

#include "core/base/error.h"

namespace eq::merge {

using nlohmann::json;

double dotAt(const Eigen::VectorXd& gradient, const Eigen::VectorXd& tau, const Place& place) {
  return gradient.segment(place.begin, place.size).dot(tau.segment(place.begin, place.size));
}

std::vector<json> readCoefficientList(const json& input, const Question& question) {
  if (!given(input, "coefficients")) return {};
  const auto& list = input["coefficients"];
  checkPerExpert(list, "coefficients", question.count());
  return list.get<std::vector<json>>();
}

void checkCoefficientNames(const json& names, const std::string& place, const Question& question) {
  for (const auto& [name, value] : names.items())
    if (!question.find(name)) fail("{}.{}: no merged tensor has this name", place, name);
}

}  // namespace eq::merge
