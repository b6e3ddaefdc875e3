#include "core/train/front/pamal.h"
#include "core/train/front_method.h"

namespace eq::train {

std::vector<FrontRow> frontRows() {
  return {pamalRow()};
}

}  // namespace eq::train
