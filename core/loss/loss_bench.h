#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/loss/loss.h"

namespace eq::loss {

/// Forward and backward of losses on random float32 input of a usual size.
struct LossBenchSpec {
  std::vector<std::string> ids;  ///< empty: all but those that a file makes
  std::int64_t samples = 4096;   ///< N
  std::int64_t classes = 100;    ///< C, and every other size: D, K, L, V, pixels
  std::int64_t rounds = 12;
  double seconds = 3;  ///< at most, of one loss
};

struct LossBenchRow {
  std::string id;
  double minMs = 0;
  double ratio = 0;     ///< of the least time to that of `cross_entropy`, on [N, C]
  std::string problem;  ///< why it was not timed; empty when it was
};

/// A loss with the parameters that it needs, and random float32 input of every field that it reads.
struct SampledLoss {
  std::unique_ptr<Loss> loss;
  Batch batch;
};
/// \param spec its sizes. \throws Error for an unknown loss, or sizes that do not fit it.
SampledLoss sampleLoss(const std::string& id, const LossBenchSpec& spec);

/// Times `cross_entropy` beside each loss, in turn, so that both meet the same noise.
/// \throws Error for an unknown loss.
std::vector<LossBenchRow> benchLosses(const LossBenchSpec& spec);

}  // namespace eq::loss
