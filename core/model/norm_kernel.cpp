#include "core/model/norm_kernel.h"

#include <algorithm>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

namespace eq::model {
namespace {

/// Rows of one place that go together, so that sums over rows are the same with any thread count.
constexpr std::int64_t kRowsTogether = 64;

struct NormSizes {
  std::int64_t tasks, rows, channels, places, groups;
  std::int64_t block() const { return places > 1 ? 1 : kRowsTogether; }
  std::int64_t blocks() const { return (rows + block() - 1) / block(); }
  std::int64_t row() const { return channels * places; }
};

template <typename T>
struct NormArrays {
  const T *input, *mean, *inverse, *scale;
  const T* output;     ///< of the ReLU; null: there is none
  const T* gradients;  ///< [K, rows, channels, places]
  T *scales, *shifts;  ///< [K, blocks, channels], added to
  T* below;            ///< like the gradients; null: not wanted
};

/// One group of one row of one task.
template <typename T>
struct NormGroup {
  const T *input, *output, *gradients, *scale;
  T mean, inverse;
  T *scales, *shifts, *below;
  std::int64_t channels, places;
};

/// What goes through the ReLU.
template <bool masked, typename T>
[[gnu::always_inline]] inline T through(const NormGroup<T>& g, std::int64_t i) {
  return masked && g.output[i] <= 0 ? T(0) : g.gradients[i];
}

/// Sums a channel over its places.
template <bool masked, typename T>
[[gnu::always_inline]] inline void sumMaps(const NormGroup<T>& g, T& ofShifts, T& ofScales) {
  for (std::int64_t c = 0; c < g.channels; ++c) {
    T shift = 0, scale = 0;
#pragma omp simd reduction(+ : shift, scale)
    for (std::int64_t i = c * g.places; i < (c + 1) * g.places; ++i) {
      const T gradient = through<masked>(g, i);
      shift += gradient;
      scale += gradient * ((g.input[i] - g.mean) * g.inverse);
    }
    g.shifts[c] += shift;
    g.scales[c] += scale;
    ofShifts += g.scale[c] * shift;
    ofScales += g.scale[c] * scale;
  }
}

/// The same where a channel has one place.
template <bool masked, typename T>
[[gnu::always_inline]] inline void sumNumbers(const NormGroup<T>& g, T& ofShifts, T& ofScales) {
  T shifts = 0, scales = 0;
#pragma omp simd reduction(+ : shifts, scales)
  for (std::int64_t c = 0; c < g.channels; ++c) {
    const T gradient = through<masked>(g, c);
    const T scale = gradient * ((g.input[c] - g.mean) * g.inverse);
    g.shifts[c] += gradient;
    g.scales[c] += scale;
    shifts += g.scale[c] * gradient;
    scales += g.scale[c] * scale;
  }
  ofShifts = shifts;
  ofScales = scales;
}

template <bool masked, typename T>
[[gnu::always_inline]] inline void groupGradients(const NormGroup<T>& g) {
  T ofShifts = 0, ofScales = 0;
  if (g.places > 1)
    sumMaps<masked>(g, ofShifts, ofScales);
  else
    sumNumbers<masked>(g, ofShifts, ofScales);
  if (!g.below) return;
  const T count = static_cast<T>(g.channels * g.places);
  const T meanOfShifts = ofShifts / count, meanOfScales = ofScales / count;
  if (g.places == 1) {
#pragma omp simd
    for (std::int64_t c = 0; c < g.channels; ++c)
      g.below[c] = g.inverse * (g.scale[c] * through<masked>(g, c) - meanOfShifts -
                                (g.input[c] - g.mean) * g.inverse * meanOfScales);
    return;
  }
  for (std::int64_t c = 0; c < g.channels; ++c) {
    const T scale = g.scale[c];
#pragma omp simd
    for (std::int64_t i = c * g.places; i < (c + 1) * g.places; ++i)
      g.below[i] = g.inverse * (scale * through<masked>(g, i) - meanOfShifts -
                                (g.input[i] - g.mean) * g.inverse * meanOfScales);
  }
}

/// The blocks from `first` to `last` of all tasks' blocks.
template <bool masked, typename T>
[[gnu::always_inline]] inline void blockGradients(const NormSizes& s, const NormArrays<T>& a,
                                                  std::int64_t first, std::int64_t last) {
  const auto channels = s.channels / s.groups, size = channels * s.places;
  for (std::int64_t b = first; b < last; ++b) {
    const auto task = b / s.blocks(), from = b % s.blocks() * s.block();
    for (auto row = from; row < std::min(from + s.block(), s.rows); ++row)
      for (std::int64_t group = 0; group < s.groups; ++group) {
        const auto here = row * s.row() + group * size;
        const auto there = task * s.rows * s.row() + here;
        const auto sums = b * s.channels + group * channels;
        groupGradients<masked>(
            NormGroup<T>{a.input + here, masked ? a.output + here : nullptr, a.gradients + there,
                         a.scale + group * channels, a.mean[row * s.groups + group],
                         a.inverse[row * s.groups + group], a.scales + sums, a.shifts + sums,
                         a.below ? a.below + there : nullptr, channels, s.places});
      }
  }
}

#if defined(__x86_64__)
template <bool masked, typename T>
__attribute__((target("avx512f"))) void blockGradients512(const NormSizes& s,
                                                          const NormArrays<T>& a, std::int64_t f,
                                                          std::int64_t l) {
  blockGradients<masked>(s, a, f, l);
}
template <bool masked, typename T>
__attribute__((target("avx2,fma"))) void blockGradients256(const NormSizes& s,
                                                           const NormArrays<T>& a, std::int64_t f,
                                                           std::int64_t l) {
  blockGradients<masked>(s, a, f, l);
}
#endif

template <bool masked, typename T>
void someBlocks(const NormSizes& s, const NormArrays<T>& a, std::int64_t first, std::int64_t last) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return blockGradients512<masked>(s, a, first, last);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return blockGradients256<masked>(s, a, first, last);
#endif
  blockGradients<masked>(s, a, first, last);
}

template <typename T>
NormGradients kernelOf(const Normed& normed, const at::Tensor& given, bool further) {
  const auto input = normed.input.contiguous(), mean = normed.mean.contiguous(),
             inverse = normed.inverse.contiguous(), gradients = given.contiguous();
  const auto output = normed.output.defined() ? normed.output.contiguous() : at::Tensor();
  const NormSizes sizes{gradients.size(0), input.size(0), input.size(1), input.size(2),
                        mean.size(1)};
  auto sums = at::zeros({2, sizes.tasks, sizes.blocks(), sizes.channels}, gradients.options());
  auto below = further ? at::empty(gradients.sizes(), gradients.options()) : at::Tensor();
  T* const scales = sums.mutable_data_ptr<T>();
  const NormArrays<T> arrays{input.const_data_ptr<T>(),
                             mean.const_data_ptr<T>(),
                             inverse.const_data_ptr<T>(),
                             normed.scale.const_data_ptr<T>(),
                             output.defined() ? output.const_data_ptr<T>() : nullptr,
                             gradients.const_data_ptr<T>(),
                             scales,
                             scales + sums.numel() / 2,
                             further ? below.mutable_data_ptr<T>() : nullptr};
  at::parallel_for(0, sizes.tasks * sizes.blocks(), 4, [&](std::int64_t first, std::int64_t last) {
    if (arrays.output)
      someBlocks<true>(sizes, arrays, first, last);
    else
      someBlocks<false>(sizes, arrays, first, last);
  });
  const auto found = sums.sum(2);
  return {found[0], found[1], below};
}

}  // namespace

bool hasNormKernel(const at::Tensor& numbers) {
  return numbers.is_cpu() &&
         (numbers.scalar_type() == at::kFloat || numbers.scalar_type() == at::kDouble);
}

NormGradients normKernel(const Normed& normed, const at::Tensor& outputs, bool further) {
  return outputs.scalar_type() == at::kDouble ? kernelOf<double>(normed, outputs, further)
                                              : kernelOf<float>(normed, outputs, further);
}

}  // namespace eq::model
