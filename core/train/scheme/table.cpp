#include "core/train/scheme/adversarial.h"
#include "core/train/scheme/auto_lambda.h"
#include "core/train/scheme/compensation.h"
#include "core/train/scheme/curriculum_annealed.h"
#include "core/train/scheme/curriculum_camrl.h"
#include "core/train/scheme/curriculum_competence.h"
#include "core/train/scheme/curriculum_entropy.h"
#include "core/train/scheme/curriculum_progress.h"
#include "core/train/scheme/curriculum_unimax.h"
#include "core/train/scheme/deep_safe_mtl.h"
#include "core/train/scheme/dot.h"
#include "core/train/scheme/dsg.h"
#include "core/train/scheme/fork_merge.h"
#include "core/train/scheme/forum.h"
#include "core/train/scheme/interval_clustering.h"
#include "core/train/scheme/m_config.h"
#include "core/train/scheme/maml_mtl.h"
#include "core/train/scheme/maxl.h"
#include "core/train/scheme/moml.h"
#include "core/train/scheme/one_by_one.h"
#include "core/train/scheme/order_matters.h"
#include "core/train/scheme/sam_mtl.h"
#include "core/train/scheme/sampled_tasks.h"
#include "core/train/scheme/sparse_training.h"
#include "core/train/scheme/weigh_and_select.h"
#include "core/train/scheme_tables.h"

namespace eq::train {

std::vector<SchemeRow> schemeRows() {
  return {sampledTasksRow(),
          curriculumAnnealedRow(),
          curriculumUniMaxRow(),
          curriculumProgressRow(),
          curriculumEntropyRow(),
          curriculumCompetenceRow(),
          curriculumMixedRow(),
          curriculumCamrlRow(),
          orderMattersRow(),
          dsgRow(),
          sequentialRow(),
          deepSafeMtlRow(),
          sparseTrainingRow(),
          mConfigRow(),
          samMtlRow(),
          mamlMtlRow(),
          adversarialRow(),
          dotRow(),
          intervalClusteringRow(),
          compensationRow(),
          autoLambdaRow(),
          momlRow(),
          maxlRow(),
          weighAndSelectRow(),
          forumRow(),
          forkMergeRow()};
}

}  // namespace eq::train
