#include "core/data/catalog.h"

#include "core/data/problem.h"
#include "core/data/table.h"
#include "core/data/two_digits.h"

namespace eq::data {

const Catalog<Dataset, const Setting&>& catalog() {
  static const Catalog<Dataset, const Setting&> table("dataset", {
                                                                     twoDigitsRow(),
                                                                     tableRow(),
                                                                 });
  return table;
}

}  // namespace eq::data
