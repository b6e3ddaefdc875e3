#pragma once

#include <cstdint>
#include <string>

#include "core/base/catalog.h"
#include "core/metric/points.h"

namespace eq::metric {

/// A problem whose objectives (minimised) are formulas of a few variables and whose Pareto front is
/// known.
class AnalyticProblem {
 public:
  /// Between which numbers every variable lies, and how many there must be.
  struct Box {
    double low = 0, high = 1;
    std::int64_t least = 1;  ///< variables
    std::int64_t most = 0;   ///< 0: any number
  };

  virtual ~AnalyticProblem() = default;

  virtual std::int64_t objectives() const { return 2; }
  virtual Box box() const = 0;

  /// \pre x lies in the box.
  virtual Point values(const Point& x) const = 0;

  /// \param resolution what `frontSize` asks for.
  virtual Points front(std::int64_t resolution) const = 0;
};

/// To add one: a row here, and its numbers in tests/core/metric/pareto/tst_analytic.cpp.
const Catalog<AnalyticProblem>& analyticProblems();

/// How a front's size is asked for: `points`, or `divisions` of a lattice, as the trait `front` of
/// the problem's descriptor says.
ParameterSpec frontSize(const Descriptor& problem);

// The rows of each family of problems.
std::vector<CatalogRow<AnalyticProblem>> zdtRows();
std::vector<CatalogRow<AnalyticProblem>> dtlzRows();
std::vector<CatalogRow<AnalyticProblem>> planarRows();

/// Points along a curve of two objectives, evenly in its parameter from 0 to 1. \pre count >= 2.
template <typename Curve>
Points alongCurve(std::int64_t count, const Curve& curve) {
  Points points;
  for (std::int64_t i = 0; i < count; ++i)
    points.push_back(curve(static_cast<double>(i) / static_cast<double>(count - 1)));
  return points;
}

}  // namespace eq::metric
