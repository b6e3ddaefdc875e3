#include "core/loss/catalog.h"

#include "core/loss/binary.h"
#include "core/loss/cross_entropy.h"
#include "core/loss/focal.h"
#include "core/loss/given.h"
#include "core/loss/regression.h"
#include "core/loss/squentropy.h"
#include "core/loss/wasserstein.h"

namespace eq::loss {

const Catalog<Loss>& catalog() {
  static const Catalog<Loss> table("loss", {
                                               crossEntropyRow(),
                                               binaryCrossEntropyRow(),
                                               squentropyRow(),
                                               rescaledSquareRow(),
                                               focalRow(),
                                               binaryFocalRow(),
                                               wassersteinRow(),
                                               mseRow(),
                                               l1Row(),
                                               huberRow(),
                                               givenRow(),
                                           });
  return table;
}

}  // namespace eq::loss
