#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// How queries, keys and values [B, T, h] of B heads become their mixtures [B, T, h], with the
/// product of gradients in those. Nothing is learned here.
struct AttentionForm {
  /// \param kept what `product` needs, where it is not null.
  at::Tensor (*value)(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                      std::vector<at::Tensor>* kept);
  /// \param outputs [K, B, T, h]. \returns gradients in queries, keys and values, each like it.
  std::array<at::Tensor, 3> (*product)(const std::vector<at::Tensor>& kept,
                                       const at::Tensor& outputs);
  /// Multiplications and additions of one head over T tokens.
  std::int64_t (*multiplyAdds)(std::int64_t tokens, std::int64_t width);
};

/// \param id "softmax": softmax(q kᵀ/√h) v; "linear": φ(q) (φ(k)ᵀ v)/(φ(q) Σ φ(k)), φ = elu + 1
/// (Katharopoulos et al., Transformers are RNNs, 2020).
const AttentionForm& attentionForm(const std::string& id);

}  // namespace eq::model
