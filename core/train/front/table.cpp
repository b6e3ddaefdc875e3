#include "core/train/front/controllable_width.h"
#include "core/train/front/cosmos.h"
#include "core/train/front/ibcl.h"
#include "core/train/front/pamal.h"
#include "core/train/front/phn.h"
#include "core/train/front_method.h"

namespace eq::train {

std::vector<FrontRow> frontRows() {
  return {pamalRow(), cosmosRow(), phnRow(), controllableWidthRow(), ibclRow()};
}

}  // namespace eq::train
