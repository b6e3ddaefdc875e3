#pragma once

#include <cstdint>
#include <utility>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// Gradients of K losses through convolution, ReLU and max pooling on the CPU, float32 or float64.
/// Only the maxima that a square's pooling chose and the ReLU let through have a gradient: so the
/// products are taken patch by patch at those places, without the zeros of the whole map, and a
/// patch is gathered once for all tasks. Sums run in one order whatever the number of threads.
class MaximaKernel {
 public:
  /// \param input [N, in, h, w] of the convolution. \param pooled [N, out, ...] after ReLU and
  /// pooling. \param indices of each maximum in its map, y mapWidth + x. \param weight of the
  /// convolution, [out, in, q, q].
  MaximaKernel(const at::Tensor& input, const at::Tensor& pooled, const at::Tensor& indices,
               std::int64_t mapWidth, const at::Tensor& weight, std::int64_t padding);

  /// \param outputs gradients in the pooled map, [K, N, out, ...], contiguous.
  /// \return of the weight [K, out, in, q, q] and the bias [K, out].
  std::pair<at::Tensor, at::Tensor> weightGradients(const at::Tensor& outputs) const;

  /// \return [K, N, in, h, w].
  at::Tensor inputGradients(const at::Tensor& outputs) const;

 private:
  at::Tensor input_, pooled_, indices_, weight_;
  std::int64_t mapWidth_, padding_;
};

}  // namespace eq::model
