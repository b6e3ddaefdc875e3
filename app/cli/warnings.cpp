#include "app/cli/warnings.h"

#include <ostream>

namespace eq::cli {

void printWarnings(const std::vector<data::Warning>& warnings, std::ostream& err) {
  for (const auto& warning : warnings) err << warning.place << ": " << warning.message << '\n';
}

}  // namespace eq::cli
