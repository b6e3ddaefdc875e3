#include "core/loss/custom/scripts.h"

#include "core/loss/catalog.h"
#include "core/loss/loss.h"

namespace eq::loss {

const script::MethodFiles& scripts() {
  static const auto files = script::filesOf(catalog());
  return files;
}

}  // namespace eq::loss
