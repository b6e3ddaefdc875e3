#include "core/loss/catalog.h"

#include "core/loss/adversarial.h"
#include "core/loss/align_uniform.h"
#include "core/loss/angular_margin.h"
#include "core/loss/asymmetric.h"
#include "core/loss/binary.h"
#include "core/loss/binary_kl.h"
#include "core/loss/binned_wasserstein.h"
#include "core/loss/ccc.h"
#include "core/loss/center.h"
#include "core/loss/circle.h"
#include "core/loss/class_aware.h"
#include "core/loss/class_balanced.h"
#include "core/loss/contrastive.h"
#include "core/loss/cross_entropy.h"
#include "core/loss/ctr_welfare.h"
#include "core/loss/cumulative_link.h"
#include "core/loss/cwcl.h"
#include "core/loss/dcd.h"
#include "core/loss/depth.h"
#include "core/loss/direct_coverage.h"
#include "core/loss/distillation.h"
#include "core/loss/dynamic_reweight.h"
#include "core/loss/energy_hinge.h"
#include "core/loss/expression_loss.h"
#include "core/loss/focal.h"
#include "core/loss/given.h"
#include "core/loss/hinge.h"
#include "core/loss/info_nce.h"
#include "core/loss/ldam.h"
#include "core/loss/likelihood.h"
#include "core/loss/listwise.h"
#include "core/loss/logit_adjusted.h"
#include "core/loss/lovasz.h"
#include "core/loss/metrix.h"
#include "core/loss/multi_margin.h"
#include "core/loss/multi_similarity.h"
#include "core/loss/normals.h"
#include "core/loss/number_token.h"
#include "core/loss/one_to_k.h"
#include "core/loss/one_vs_rest.h"
#include "core/loss/ordinal_thresholds.h"
#include "core/loss/overlap.h"
#include "core/loss/poly1.h"
#include "core/loss/presto.h"
#include "core/loss/quantile.h"
#include "core/loss/r_learner.h"
#include "core/loss/ranknet.h"
#include "core/loss/regression.h"
#include "core/loss/robust.h"
#include "core/loss/sample_weights.h"
#include "core/loss/self_labelling.h"
#include "core/loss/sentence_regression.h"
#include "core/loss/siamese.h"
#include "core/loss/sinkhorn.h"
#include "core/loss/sord.h"
#include "core/loss/squentropy.h"
#include "core/loss/sum.h"
#include "core/loss/supcon.h"
#include "core/loss/sy_con.h"
#include "core/loss/torchscript_loss.h"
#include "core/loss/triplet.h"
#include "core/loss/wasserstein.h"
#include "core/loss/wing.h"

namespace eq::loss {

const Catalog<Loss>& catalog() {
  static const Catalog<Loss> table("loss", {
                                               crossEntropyRow(),
                                               binaryCrossEntropyRow(),
                                               squentropyRow(),
                                               rescaledSquareRow(),
                                               focalRow(),
                                               binaryFocalRow(),
                                               classBalancedRow(),
                                               logitAdjustedRow(),
                                               ldamRow(),
                                               poly1Row(),
                                               gceRow(),
                                               symmetricCrossEntropyRow(),
                                               asymmetricRow(),
                                               hingeRow(),
                                               softMarginRow(),
                                               multiMarginRow(),
                                               crammerSingerRow(),
                                               multilabelMarginRow(),
                                               oneVsRestRow(),
                                               sovrRow(),
                                               martRow(),
                                               gairatRow(),
                                               mailRow(),
                                               diceRow(),
                                               tverskyRow(),
                                               lovaszHingeRow(),
                                               lovaszSoftmaxRow(),
                                               directCoverageRow(),
                                               orCnnRow(),
                                               coralRow(),
                                               cornRow(),
                                               sordRow(),
                                               cumulativeLinkRow(),
                                               prestoRow(),
                                               prestoPenaltyRow(),
                                               wassersteinRow(),
                                               binnedWassersteinRow(),
                                               squaredEmdRow(),
                                               ntlWasRow(),
                                               ntlMseRow(),
                                               sinkhornRow(),
                                               distillationRow(),
                                               decoupledDistillationRow(),
                                               binaryKlRow(),
                                               dhkdRow(),
                                               dcdRow(),
                                               mseRow(),
                                               l1Row(),
                                               huberRow(),
                                               smoothL1Row(),
                                               logCoshRow(),
                                               quantileRow(),
                                               gaussianNllRow(),
                                               studentTNllRow(),
                                               poissonNllRow(),
                                               berhuRow(),
                                               silogRow(),
                                               inverseDepthL1Row(),
                                               depthL1Row(),
                                               normalCosineRow(),
                                               cccRow(),
                                               translatedReluRow(),
                                               smoothK2Row(),
                                               wingRow(),
                                               rLearnerRow(),
                                               contrastiveRow(),
                                               tripletRow(),
                                               centerRow(),
                                               infoNceRow(),
                                               ntXentRow(),
                                               supconRow(),
                                               cwclRow(),
                                               oneToKRow(),
                                               alignUniformRow(),
                                               energyHingeRow(),
                                               ccslRow(),
                                               csslRow(),
                                               syConRow(),
                                               metrixRow(),
                                               multiSimilarityRow(),
                                               circleRow(),
                                               cosfaceRow(),
                                               arcfaceRow(),
                                               spherefaceRow(),
                                               simsiamRow(),
                                               barlowTwinsRow(),
                                               ranknetRow(),
                                               marginRankingRow(),
                                               lambdarankRow(),
                                               listnetRow(),
                                               listmleRow(),
                                               ctrWelfareRow(),
                                               dynamicReweightRow(),
                                               importanceWeightedRow(),
                                               propensityWeightedRow(),
                                               inverseVarianceRow(),
                                               doubleWeightedRow(),
                                               instructionWeightedRow(),
                                               classAwareRow(),
                                               sumRow(),
                                               expressionRow(),
                                               torchscriptRow(),
                                               givenRow(),
                                           });
  return table;
}

}  // namespace eq::loss
