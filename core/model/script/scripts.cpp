#include "core/model/script/scripts.h"

#include "core/model/catalog.h"
#include "core/model/model.h"

namespace eq::model {

const script::MethodFiles& scripts() {
  static const auto files = script::filesOf(catalog());
  return files;
}

}  // namespace eq::model
