#include "core/metric/pareto/front_json.h"

#include <cmath>

#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

using nlohmann::json;

json listOrNulls(const std::vector<double>& values) {
  auto list = json::array();
  for (const double value : values) list.push_back(orNull(value));
  return list;
}

json pointOrNull(const Point& point) {
  return point.empty() ? json() : json(point);
}

json crowdingOf(const FrontAnswer& answer) {
  auto list = json::array();
  for (const double value : answer.crowding)
    list.push_back(std::isinf(value) ? json("inf") : orNull(value));
  return list;
}

/// Null at the points that do not count.
json pointsOf(const FrontAnswer& answer) {
  auto list = json::array();
  for (size_t i = 0; i < answer.points.size(); ++i)
    list.push_back(answer.ranks[i] < 0 ? json() : json(answer.points[i]));
  return list;
}

json ranksOf(const FrontAnswer& answer) {
  auto list = json::array();
  for (const auto rank : answer.ranks) list.push_back(rank < 0 ? json() : json(rank));
  return list;
}

}  // namespace

json toJson(const FrontAnswer& answer) {
  json found{
      {"points", pointsOf(answer)},
      {"rank", ranksOf(answer)},
      {"crowding", crowdingOf(answer)},
      {"non_dominated", answer.nonDominated},
      {"excluded", answer.excluded},
      {"ideal", pointOrNull(answer.ideal)},
      {"nadir", pointOrNull(answer.nadir)},
      {"reference", pointOrNull(answer.reference)},
      {"hypervolume", answer.hypervolume},
      {"standard_error", orNull(answer.standardError)},
      {"contributions",
       std::isnan(answer.standardError) ? listOrNulls(answer.contributions) : json()},
      {"igd", orNull(answer.igd)},
      {"gd", orNull(answer.gd)},
      {"igd_plus", orNull(answer.igdPlus)},
      {"gd_plus", orNull(answer.gdPlus)},
      {"epsilon", orNull(answer.epsilon)},
      {"epsilon_multiplicative", orNull(answer.epsilonMultiplicative)},
      {"knee", answer.knee ? json(*answer.knee) : json()},
      {"knee_distance", listOrNulls(answer.kneeDistance)},
      {"trade_off", listOrNulls(answer.tradeOff)},
      {"bend", listOrNulls(answer.bend)},
      {"attainment", json()},
      {"auc", orNull(answer.auc)},
      {"front", answer.namedFront.empty() ? json() : json(answer.namedFront)},
  };
  if (!answer.surfaces.empty())
    found["attainment"] = {{"levels", answer.levels}, {"surfaces", answer.surfaces}};
  return found;
}

}  // namespace eq::metric
