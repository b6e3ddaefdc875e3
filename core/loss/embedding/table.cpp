#include "core/loss/tables.h"

#include "core/loss/embedding/align_uniform.h"
#include "core/loss/embedding/angular_margin.h"
#include "core/loss/embedding/center.h"
#include "core/loss/embedding/circle.h"
#include "core/loss/embedding/contrastive.h"
#include "core/loss/embedding/cwcl.h"
#include "core/loss/embedding/energy_hinge.h"
#include "core/loss/embedding/info_nce.h"
#include "core/loss/embedding/metrix.h"
#include "core/loss/embedding/multi_similarity.h"
#include "core/loss/embedding/one_to_k.h"
#include "core/loss/embedding/self_labelling.h"
#include "core/loss/embedding/siamese.h"
#include "core/loss/embedding/supcon.h"
#include "core/loss/embedding/sy_con.h"
#include "core/loss/embedding/triplet.h"

namespace eq::loss {

std::vector<CatalogRow<Loss>> embeddingRows() {
  return {
      contrastiveRow(), tripletRow(), centerRow(),  infoNceRow(),      ntXentRow(),
      supconRow(),      cwclRow(),    oneToKRow(),  alignUniformRow(), energyHingeRow(),
      ccslRow(),        csslRow(),    syConRow(),   metrixRow(),       multiSimilarityRow(),
      circleRow(),      cosfaceRow(), arcfaceRow(), spherefaceRow(),   simsiamRow(),
      barlowTwinsRow(),
  };
}

}  // namespace eq::loss
