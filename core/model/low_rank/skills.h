#pragma once

#include <cstdint>
#include <string>

#include <ATen/core/Generator.h>

#include "core/model/low_rank/low_rank_model.h"

namespace eq::model {

/// Additions of low rank to one layer, of which each task mixes some: A = Σ_q m_q A_q and B = Σ_q
/// m_q B_q, part by part of their rows and columns, Δ(x) = x A B / r, a product of mixtures (Ponti
/// et al., 2023; in several parts: Caccia et al., 2023).
class Skills {
 public:
  struct Sizes {
    std::int64_t count = 0;   ///< Q
    std::int64_t rank = 0;    ///< r
    std::int64_t splits = 1;  ///< h: parts of the inputs and of the outputs, mixed each on its own
  };
  /// A uniform in ±1/√(inputs/h) from a stream by its name, B zero. \param name prefix,
  /// "trunk.0.skills". \pre h divides the layer's inputs and outputs.
  Skills(ParameterBuffer& parameters, std::uint64_t seed, const std::string& name,
         const Block& block, const AdaptedLayer& layer, const Sizes& sizes);

  /// Δ(x). \param weights [h, Q].
  at::Tensor addition(const at::Tensor& x, const at::Tensor& weights,
                      const ParameterBuffer& parameters, const Pass& pass) const;

 private:
  size_t down_, up_;  ///< A [h, Q, in / h, r] and B [h, Q, r, out / h] in the buffer
};

/// Σ_q m_q T_q, part by part. \param weights [h, Q]. \param terms [h, Q, n, m]. \returns [h, n, m].
at::Tensor mixedTerms(const at::Tensor& weights, const at::Tensor& terms, const Pass& pass);

/// Logits of which skills a task has, uniform in ±1e-3 at first. \returns the index.
size_t addRoute(ParameterBuffer& parameters, std::uint64_t seed, const std::string& name,
                const Block& block, std::int64_t rows, std::int64_t entries);

/// The name of the stream of a task's draws: they do not hang on who else takes part.
std::string routeOf(const Block& block);

/// How much of each skill: in training draws of relaxed Bernoulli variables at temperature 1,
/// otherwise their probabilities, each row over its sum. \param logits [h, Q].
at::Tensor skillWeights(const at::Tensor& logits, const Pass& pass, at::Generator& stream);

/// Records as `route.TASK.STAGE` what evaluation has. \param weights [h, Q] or [Q].
void observeRoute(const Pass& pass, size_t task, const AdaptedLayer& layer,
                  const at::Tensor& weights);

}  // namespace eq::model
