#include "core/metric/pareto/analytic.h"

namespace eq::metric {

const Catalog<AnalyticProblem>& analyticProblems() {
  static const Catalog<AnalyticProblem> table(
      "analytic problem", joined<AnalyticProblem>({zdtRows(), dtlzRows(), planarRows()}));
  return table;
}

ParameterSpec frontSize(const Descriptor& problem) {
  if (problem.traits.value("front", "points") == "divisions")
    return ParameterSpec::integer("divisions", 0,
                                  "H of the lattice whose points the front is made of")
        .from(1)
        .needed();
  return ParameterSpec::integer("points", 0, "How many points of the front")
      .from(2)
      .to(1e7)
      .needed();
}

}  // namespace eq::metric
