#include "core/metric/pareto/analysis.h"

#include <algorithm>
#include <cmath>

#include "core/metric/front_distances.h"
#include "core/metric/hypervolume.h"
#include "core/metric/pareto/attainment.h"
#include "core/metric/pareto/dominance.h"
#include "core/metric/pareto/extent.h"
#include "core/metric/pareto/knees.h"
#include "core/metric/pareto/monte_carlo.h"
#include "core/metric/undefined.h"

namespace eq::metric {
namespace {

/// Between the user's direction and that in which everything is minimised; the same both ways.
Point turned(Point point, const std::vector<char>& maximise) {
  for (size_t k = 0; k < point.size(); ++k)
    if (maximise[k]) point[k] = 0 - point[k];
  return point;
}

Points turned(Points points, const std::vector<char>& maximise) {
  for (auto& point : points) point = turned(std::move(point), maximise);
  return points;
}

bool isUsable(const Point& point) {
  return std::all_of(point.begin(), point.end(), [](double value) { return std::isfinite(value); });
}

Points picked(const Points& all, const std::vector<size_t>& indices) {
  Points found;
  for (const size_t i : indices) found.push_back(all[i]);
  return found;
}

/// Puts the values of some points into a list of all.
void scatter(const std::vector<double>& values, const std::vector<size_t>& indices,
             std::vector<double>& all) {
  for (size_t i = 0; i < values.size(); ++i) all[indices[i]] = values[i];
}

/// The points that count, minimised, and their places among all.
struct Counted {
  Points points;
  std::vector<size_t> indices;
};

/// Fills in an answer part by part.
class Analysis {
 public:
  Analysis(const FrontQuestion& question, const FrontOptions& options)
      : question_(question), options_(options) {
    answer_.points = question.points;
    for (size_t i = 0; i < question.points.size(); ++i) {
      if (!isUsable(question.points[i])) {
        answer_.excluded.push_back(i);
        continue;
      }
      counted_.points.push_back(turned(question.points[i], question.maximise));
      counted_.indices.push_back(i);
    }
    const size_t n = question.points.size();
    answer_.ranks.assign(n, -1);
    for (auto* list : {&answer_.crowding, &answer_.contributions, &answer_.kneeDistance,
                       &answer_.tradeOff, &answer_.bend})
      list->assign(n, kUndefined);
    for (auto* number :
         {&answer_.igd, &answer_.gd, &answer_.igdPlus, &answer_.gdPlus, &answer_.epsilon,
          &answer_.epsilonMultiplicative, &answer_.auc, &answer_.standardError})
      *number = kUndefined;
  }

  FrontAnswer found() {
    if (question_.namedFront) answer_.namedFront = question_.front;
    if (question_.curve) answer_.auc = meanHeight(*question_.curve);
    if (question_.reference) answer_.reference = *question_.reference;
    if (counted_.points.empty()) return std::move(answer_);
    rank();
    measureVolume();
    if (!question_.front.empty()) compareWithFront();
    findKnees();
    if (question_.groups) drawSurfaces();
    return std::move(answer_);
  }

 private:
  void rank() {
    const auto ranks = dominanceRanks(counted_.points, options_.epsilon);
    scatter(crowdingDistances(counted_.points, ranks), counted_.indices, answer_.crowding);
    for (size_t i = 0; i < ranks.size(); ++i) answer_.ranks[counted_.indices[i]] = ranks[i];
    front_ = frontIndices(ranks);
    for (const size_t i : front_) answer_.nonDominated.push_back(counted_.indices[i]);
    frontPoints_ = picked(counted_.points, front_);
    low_ = lowestOf(frontPoints_);
    high_ = highestOf(frontPoints_);
    answer_.ideal = turned(low_, question_.maximise);
    answer_.nadir = turned(high_, question_.maximise);
  }

  void measureVolume() {
    const Point reference = question_.reference ? turned(*question_.reference, question_.maximise)
                                                : usualReference(counted_.points);
    answer_.reference = turned(reference, question_.maximise);
    if (options_.monteCarlo) {
      const auto found = sampledVolume(frontPoints_, low_, reference,
                                       static_cast<std::uint64_t>(options_.samples), options_.seed);
      answer_.hypervolume = found.volume;
      answer_.standardError = found.error;
      return;
    }
    answer_.hypervolume = hypervolume(frontPoints_, reference);
    scatter(hypervolumeContributions(counted_.points, reference), counted_.indices,
            answer_.contributions);
  }

  void compareWithFront() {
    Points points = counted_.points, front = turned(question_.front, question_.maximise);
    if (options_.normalise) {
      const Point low = lowestOf(front), high = highestOf(front);
      points = overRange(std::move(points), low, high);
      front = overRange(std::move(front), low, high);
    }
    answer_.igd = invertedGenerationalDistance(points, front);
    answer_.gd = generationalDistance(points, front);
    answer_.igdPlus = invertedGenerationalDistancePlus(points, front);
    answer_.gdPlus = generationalDistancePlus(points, front);
    answer_.epsilon = additiveEpsilon(points, front);
    const auto isPositive = [](const Points& all) {
      const Point low = lowestOf(all);
      return std::all_of(low.begin(), low.end(), [](double value) { return value > 0; });
    };
    if (isPositive(points) && isPositive(front))
      answer_.epsilonMultiplicative = multiplicativeEpsilon(points, front);
  }

  void findKnees() {
    const Points between = betweenOf(frontPoints_, low_, high_);
    const auto distances = kneeDistances(between);
    const auto trades = tradeOffs(between, options_.neighbourhood);
    const auto turns = low_.size() == 2 ? bends(frontPoints_, between, options_.bendSpan)
                                        : std::vector<double>(between.size(), kUndefined);
    scatter(distances, answer_.nonDominated, answer_.kneeDistance);
    scatter(trades, answer_.nonDominated, answer_.tradeOff);
    scatter(turns, answer_.nonDominated, answer_.bend);
    if (between.size() < 3) return;
    const auto largest = firstLargest(options_.knee == "bend"        ? turns
                                      : options_.knee == "trade_off" ? trades
                                                                     : distances);
    if (largest) answer_.knee = answer_.nonDominated[*largest];
  }

  void drawSurfaces() {
    std::vector<std::int64_t> groups;
    for (const size_t i : counted_.indices) groups.push_back((*question_.groups)[i]);
    answer_.levels = options_.levels;
    for (const double level : options_.levels)
      answer_.surfaces.push_back(
          turned(attainmentSurface(counted_.points, groups, level), question_.maximise));
  }

  const FrontQuestion& question_;
  const FrontOptions& options_;
  FrontAnswer answer_;
  Counted counted_;
  std::vector<size_t> front_;  ///< those of rank 0 among the counted
  Points frontPoints_;
  Point low_, high_;  ///< ideal and nadir, minimised
};

}  // namespace

FrontAnswer analyseFront(const FrontQuestion& question, const FrontOptions& options) {
  return Analysis(question, options).found();
}

std::vector<ParameterSpec> frontParameters() {
  return {
      ParameterSpec::number("epsilon", 0, "Tolerance of the strict part of dominance").from(0),
      ParameterSpec::boolean(
          "normalise", false,
          "Whether the figures against a front are taken in shares of its range"),
      ParameterSpec::choice("knee", "distance", {"distance", "trade_off", "bend"},
                            "What the knee is the largest of"),
      ParameterSpec::number("neighbourhood", 0.125,
                            "How far trade_off looks, in shares of the front's range")
          .above(0),
      ParameterSpec::integer("bend_span", 1, "Which neighbour on either side bend looks at")
          .from(1),
      ParameterSpec::numberList("levels", {0.25, 0.5, 0.75},
                                "Shares of the groups whose surfaces are drawn")
          .above(0)
          .to(1),
      ParameterSpec::choice("hypervolume", "exact", {"exact", "monte_carlo"},
                            "Exact however long it takes, or estimated from samples"),
      ParameterSpec::integer("samples", 100000, "Samples of monte_carlo").from(100),
  };
}

FrontOptions frontOptions(const Parameters& parameters, std::uint64_t seed) {
  return {parameters.number("epsilon"),
          parameters.boolean("normalise"),
          parameters.text("knee"),
          parameters.number("neighbourhood"),
          parameters.integer("bend_span"),
          parameters.numbers("levels"),
          parameters.text("hypervolume") == "monte_carlo",
          parameters.integer("samples"),
          seed};
}

}  // namespace eq::metric
