#pragma once

#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/base/catalog.h"

namespace eq::relate {

/// A calculation of how tasks, models or data are related, of given numbers.
class Relation {
 public:
  virtual ~Relation() = default;

  /// \param input an object. \return what is undefined is NaN. \throws Error that names field and
  /// value.
  virtual nlohmann::json compute(const nlohmann::json& input) const = 0;
};

/// To add one: a file core/relate/<id>.cpp (template: covariance_alignment), its function below and
/// its row in relations.cpp, and its numbers in tests/core/relate/tst_relations.cpp.
const Catalog<Relation>& relations();

CatalogRow<Relation> tagRow();
CatalogRow<Relation> covarianceAlignmentRow();

template <typename Calculation>
CatalogRow<Relation> relationRow(Descriptor descriptor) {
  return {std::move(descriptor),
          [](const Parameters& parameters) { return std::make_unique<Calculation>(parameters); }};
}

}  // namespace eq::relate
