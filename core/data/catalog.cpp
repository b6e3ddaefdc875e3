#include "core/data/catalog.h"

#include "core/data/problem.h"

namespace eq::data {

const Catalog<Dataset, const Setting&>& catalog() {
  static const Catalog<Dataset, const Setting&> table("dataset", {});
  return table;
}

}  // namespace eq::data
