#pragma once

#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/catalog.h"

namespace eq::metric {

/// A small calculation of the methods that train a front, of given numbers.
class ParetoCalculation {
 public:
  virtual ~ParetoCalculation() = default;

  /// \param input an object. \throws Error that names field and value.
  virtual nlohmann::json compute(const nlohmann::json& input) const = 0;
};

/// To add one: a file core/metric/pareto/<id>.cpp (template: cosmos), its function below and its
/// row in calculations.cpp, and its numbers in tests/core/metric/pareto/tst_calculations.cpp.
const Catalog<ParetoCalculation>& paretoCalculations();

CatalogRow<ParetoCalculation> latticeRow();
CatalogRow<ParetoCalculation> raysRow();
CatalogRow<ParetoCalculation> pamalRow();
CatalogRow<ParetoCalculation> cosmosRow();
CatalogRow<ParetoCalculation> ibclRow();
CatalogRow<ParetoCalculation> attributionRow();
CatalogRow<ParetoCalculation> coresetRow();
CatalogRow<ParetoCalculation> forgettingLossRow();

template <typename Calculation>
CatalogRow<ParetoCalculation> calculationRow(Descriptor descriptor) {
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<Calculation>(parameters); }};
}

}  // namespace eq::metric
