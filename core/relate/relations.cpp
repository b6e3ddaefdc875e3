#include "core/relate/relation.h"

namespace eq::relate {

const Catalog<Relation>& relations() {
  static const Catalog<Relation> table("relation", {tagRow(), covarianceAlignmentRow()});
  return table;
}

}  // namespace eq::relate
