#include "core/model/maxima_kernel.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#if defined(__x86_64__)
#define EQ_TARGET(name) __attribute__((target(name)))
#endif

namespace eq::model {
namespace {

/// 64 bytes of numbers, wherever they lie; the compiler cuts them to what the target has.
template <typename T>
struct Lanes {
  typedef T Vector __attribute__((vector_size(64), aligned(sizeof(T)), may_alias));
  static constexpr std::int64_t kCount = 64 / sizeof(T);
};

constexpr std::int64_t kTogether = 4;  // tasks whose sums are in registers at one time

template <typename T>
std::int64_t wholeLanes(std::int64_t count) {
  return (count + Lanes<T>::kCount - 1) / Lanes<T>::kCount * Lanes<T>::kCount;
}

/// The sizes of one call. The input is padded and has its channels last, so that each row of a
/// patch lies in one piece.
struct Sizes {
  std::int64_t tasks, examples, inputs, height, width;  // of the padded input
  std::int64_t outputs, side, places, mapWidth;       // side of the filters, places of a pooled map
  std::int64_t row() const { return side * inputs; }  // numbers in a row of a patch
};

/// The places of one pooled map that have a gradient.
struct Chosen {
  std::vector<std::int64_t> place;  ///< in the pooled map
  std::vector<std::int64_t> pixel;  ///< where its patch begins in the padded input
};

template <typename T>
void choose(const Sizes& sizes, const T* pooled, const std::int64_t* indices, Chosen& chosen) {
  chosen.place.clear();
  chosen.pixel.clear();
  for (std::int64_t p = 0; p < sizes.places; ++p) {
    if (pooled[p] <= 0) continue;  // what is not a number goes on
    chosen.place.push_back(p);
    chosen.pixel.push_back(indices[p] / sizes.mapWidth * sizes.width + indices[p] % sizes.mapWidth);
  }
}

/// Sums over places of gradient times patch, for up to `kTogether` tasks. \param gradients [tasks]
/// rows `stride` apart. \param sums [tasks] rows `step` apart, added to.
template <typename T, std::int64_t tasks>
[[gnu::always_inline]] inline void addProducts(const T* const* patches, std::int64_t count,
                                               const T* gradients, std::int64_t stride, T* sums,
                                               std::int64_t step) {
  using Vector = typename Lanes<T>::Vector;
  Vector total[tasks];
  for (std::int64_t k = 0; k < tasks; ++k)
    total[k] = *reinterpret_cast<const Vector*>(sums + k * step);
  for (std::int64_t i = 0; i < count; ++i) {
    const Vector patch = *reinterpret_cast<const Vector*>(patches[i]);
    for (std::int64_t k = 0; k < tasks; ++k) total[k] += gradients[k * stride + i] * patch;
  }
  for (std::int64_t k = 0; k < tasks; ++k) *reinterpret_cast<Vector*>(sums + k * step) = total[k];
}

template <typename T>
[[gnu::always_inline]] inline void addAllTasks(std::int64_t tasks, const T* const* patches,
                                               std::int64_t count, const T* gradients,
                                               std::int64_t stride, T* sums, std::int64_t step) {
  std::int64_t k = 0;
  for (; k + kTogether <= tasks; k += kTogether)
    addProducts<T, kTogether>(patches, count, gradients + k * stride, stride, sums + k * step,
                              step);
  for (; k < tasks; ++k)
    addProducts<T, 1>(patches, count, gradients + k * stride, stride, sums + k * step, step);
}

/// Pointers of one call. Weights and their sums have rows of whole lanes.
template <typename T>
struct Arrays {
  const T* input;               ///< [N, height, width, in]
  const T* pooled;              ///< [N, out, places]
  const std::int64_t* indices;  ///< [N, out, places]
  const T* gradients;           ///< [K, N, out, places]
  T* weights;                   ///< [K, out, rows of a patch, whole lanes]
  T* biases;                    ///< [K, out]
  const T* filters;             ///< [out, side, whole lanes]
  T* below;                     ///< [K, N, in, height, width] without padding
};

/// What one thread needs beside.
template <typename T>
struct Scratch {
  Chosen chosen;
  std::vector<T> gradients;       ///< [K, places], those of the chosen places
  std::vector<T> gathered;        ///< patches laid out, where their rows are short
  std::vector<const T*> patches;  ///< [places]
};

/// Patches whose rows fill no vector are gathered into one row.
template <typename T>
bool gathers(const Sizes& sizes) {
  return sizes.row() < Lanes<T>::kCount;
}

template <typename T>
std::int64_t patchRows(const Sizes& sizes) {
  return gathers<T>(sizes) ? 1 : sizes.side;
}

template <typename T>
std::int64_t patchRow(const Sizes& sizes) {
  return wholeLanes<T>(gathers<T>(sizes) ? sizes.row() * sizes.side : sizes.row());
}

template <typename T>
void findPatches(const Sizes& sizes, const T* image, Scratch<T>& scratch) {
  const auto& pixels = scratch.chosen.pixel;
  scratch.patches.resize(pixels.size());
  if (!gathers<T>(sizes)) {
    for (size_t i = 0; i < pixels.size(); ++i)
      scratch.patches[i] = image + pixels[i] * sizes.inputs;
    return;
  }
  const auto length = patchRow<T>(sizes);
  for (size_t i = 0; i < pixels.size(); ++i) {
    T* patch = scratch.gathered.data() + static_cast<std::int64_t>(i) * length;
    for (std::int64_t u = 0; u < sizes.side; ++u)
      for (std::int64_t j = 0; j < sizes.row(); ++j)
        patch[u * sizes.row() + j] = image[(pixels[i] + u * sizes.width) * sizes.inputs + j];
    scratch.patches[i] = patch;
  }
}

template <typename T>
void takeGradients(const Sizes& sizes, const Arrays<T>& arrays, std::int64_t n, std::int64_t c,
                   Scratch<T>& scratch) {
  const auto& places = scratch.chosen.place;
  for (std::int64_t k = 0; k < sizes.tasks; ++k) {
    const T* from =
        arrays.gradients + ((k * sizes.examples + n) * sizes.outputs + c) * sizes.places;
    T* to = scratch.gradients.data() + k * sizes.places;
    T sums[4] = {};  // four sums do not wait for each other
    size_t i = 0;
    for (; i + 4 <= places.size(); i += 4)
      for (size_t j = 0; j < 4; ++j) sums[j] += to[i + j] = from[places[i + j]];
    for (; i < places.size(); ++i) sums[0] += to[i] = from[places[i]];
    arrays.biases[k * sizes.outputs + c] += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
}

template <typename T>
[[gnu::always_inline]] inline void sumWeights(const Sizes& sizes, const Arrays<T>& arrays,
                                              std::int64_t first, std::int64_t last,
                                              Scratch<T>& scratch) {
  const auto length = patchRow<T>(sizes), rows = patchRows<T>(sizes);
  const auto image = sizes.height * sizes.width * sizes.inputs;
  for (std::int64_t n = 0; n < sizes.examples; ++n)
    for (std::int64_t c = first; c < last; ++c) {
      const auto map = (n * sizes.outputs + c) * sizes.places;
      choose(sizes, arrays.pooled + map, arrays.indices + map, scratch.chosen);
      takeGradients(sizes, arrays, n, c, scratch);
      findPatches(sizes, arrays.input + n * image, scratch);
      const auto count = static_cast<std::int64_t>(scratch.patches.size());
      for (std::int64_t u = 0; u < rows; ++u) {
        for (std::int64_t j = 0; j < length; j += Lanes<T>::kCount) {
          addAllTasks(sizes.tasks, scratch.patches.data(), count, scratch.gradients.data(),
                      sizes.places, arrays.weights + (c * rows + u) * length + j,
                      sizes.outputs * rows * length);
          for (auto& patch : scratch.patches) patch += Lanes<T>::kCount;
        }
        for (auto& patch : scratch.patches) patch += sizes.width * sizes.inputs - length;
      }
    }
}

/// One example's gradients of one task: filters, scaled, laid over the padded image.
template <typename T>
[[gnu::always_inline]] inline void spread(const Sizes& sizes, const Arrays<T>& arrays,
                                          const std::vector<Chosen>& chosen, const T* gradients,
                                          T* image) {
  using Vector = typename Lanes<T>::Vector;
  const auto length = wholeLanes<T>(sizes.row());
  for (std::int64_t c = 0; c < sizes.outputs; ++c) {
    const auto& here = chosen[static_cast<size_t>(c)];
    const T* filter = arrays.filters + c * sizes.side * length;
    for (size_t i = 0; i < here.place.size(); ++i) {
      const T gradient = gradients[c * sizes.places + here.place[i]];
      T* to = image + here.pixel[i] * sizes.inputs;
      for (std::int64_t u = 0; u < sizes.side; ++u)
        for (std::int64_t j = 0; j < length; j += Lanes<T>::kCount)
          *reinterpret_cast<Vector*>(to + u * sizes.width * sizes.inputs + j) +=
              gradient * *reinterpret_cast<const Vector*>(filter + u * length + j);
    }
  }
}

/// The image without its padding, channels first.
template <typename T>
void unpad(const Sizes& sizes, std::int64_t padding, const T* image, T* to) {
  const auto height = sizes.height - 2 * padding, width = sizes.width - 2 * padding;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) {
      const T* pixel = image + ((y + padding) * sizes.width + x + padding) * sizes.inputs;
      for (std::int64_t i = 0; i < sizes.inputs; ++i) to[(i * height + y) * width + x] = pixel[i];
    }
}

template <typename T>
[[gnu::always_inline]] inline void sumInputs(const Sizes& sizes, const Arrays<T>& arrays,
                                             std::int64_t padding, std::int64_t first,
                                             std::int64_t last) {
  const auto numbers = sizes.height * sizes.width * sizes.inputs;
  const auto inside = sizes.inputs * (sizes.height - 2 * padding) * (sizes.width - 2 * padding);
  const auto map = sizes.outputs * sizes.places;
  std::vector<Chosen> chosen(static_cast<size_t>(sizes.outputs));
  std::vector<T> image(static_cast<size_t>(numbers + Lanes<T>::kCount));
  for (std::int64_t n = first; n < last; ++n) {
    for (std::int64_t c = 0; c < sizes.outputs; ++c)
      choose(sizes, arrays.pooled + n * map + c * sizes.places,
             arrays.indices + n * map + c * sizes.places, chosen[static_cast<size_t>(c)]);
    for (std::int64_t k = 0; k < sizes.tasks; ++k) {
      const auto at = k * sizes.examples + n;
      std::fill(image.begin(), image.end(), T(0));
      spread(sizes, arrays, chosen, arrays.gradients + at * map, image.data());
      unpad(sizes, padding, image.data(), arrays.below + at * inside);
    }
  }
}

// The same for what the processor has. Chosen at run time; a run's bits hold for one machine
// anyway.

#if defined(__x86_64__)
template <typename T>
EQ_TARGET("avx512f")
void sumWeights512(const Sizes& s, const Arrays<T>& a, std::int64_t f, std::int64_t l,
                   Scratch<T>& scratch) {
  sumWeights(s, a, f, l, scratch);
}
template <typename T>
EQ_TARGET("avx2,fma")
void sumWeights256(const Sizes& s, const Arrays<T>& a, std::int64_t f, std::int64_t l,
                   Scratch<T>& scratch) {
  sumWeights(s, a, f, l, scratch);
}
template <typename T>
EQ_TARGET("avx512f")
void sumInputs512(const Sizes& s, const Arrays<T>& a, std::int64_t p, std::int64_t f,
                  std::int64_t l) {
  sumInputs(s, a, p, f, l);
}
template <typename T>
EQ_TARGET("avx2,fma")
void sumInputs256(const Sizes& s, const Arrays<T>& a, std::int64_t p, std::int64_t f,
                  std::int64_t l) {
  sumInputs(s, a, p, f, l);
}
#endif

template <typename T>
void weightsOf(const Sizes& sizes, const Arrays<T>& arrays, std::int64_t first, std::int64_t last) {
  Scratch<T> scratch;
  scratch.gradients.resize(static_cast<size_t>(sizes.tasks * sizes.places));
  if (gathers<T>(sizes))
    scratch.gathered.resize(static_cast<size_t>(sizes.places * patchRow<T>(sizes)));
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return sumWeights512(sizes, arrays, first, last, scratch);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return sumWeights256(sizes, arrays, first, last, scratch);
#endif
  sumWeights(sizes, arrays, first, last, scratch);
}

template <typename T>
void inputsOf(const Sizes& sizes, const Arrays<T>& arrays, std::int64_t padding, std::int64_t first,
              std::int64_t last) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return sumInputs512(sizes, arrays, padding, first, last);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return sumInputs256(sizes, arrays, padding, first, last);
#endif
  sumInputs(sizes, arrays, padding, first, last);
}

Sizes sizesOf(const at::Tensor& input, const at::Tensor& pooled, const at::Tensor& weight,
              std::int64_t mapWidth, std::int64_t padding, std::int64_t tasks) {
  return {tasks,
          input.size(0),
          input.size(1),
          input.size(2) + 2 * padding,
          input.size(3) + 2 * padding,
          weight.size(0),
          weight.size(2),
          pooled.size(2) * pooled.size(3),
          mapWidth};
}

/// [N, height, width, in], and a vector more that may be read beyond its end.
at::Tensor channelsLast(const at::Tensor& input, std::int64_t padding) {
  const auto padded =
      at::constant_pad_nd(input, {padding, padding, padding, padding}).permute({0, 2, 3, 1});
  auto room = at::empty({padded.numel() + 16}, input.options());
  room.narrow(0, 0, padded.numel()).view(padded.sizes()).copy_(padded);
  room.narrow(0, padded.numel(), 16).zero_();
  return room;
}

/// Rows of the filters, channels last, each filled up to whole lanes by zeros.
template <typename T>
at::Tensor filterRows(const at::Tensor& weight) {
  const auto row = weight.size(1) * weight.size(3);
  auto rows = at::zeros({weight.size(0), weight.size(2), wholeLanes<T>(row)}, weight.options());
  rows.narrow(2, 0, row).copy_(
      weight.permute({0, 2, 3, 1}).reshape({weight.size(0), weight.size(2), row}));
  return rows;
}

/// [K, out, rows, whole lanes] of channels last -> [K, out, in, q, q].
at::Tensor asWeights(const at::Tensor& sums, const Sizes& sizes, bool gathered) {
  const auto row = gathered ? sizes.side * sizes.row() : sizes.row();
  return sums.narrow(3, 0, row)
      .reshape({sizes.tasks, sizes.outputs, sizes.side, sizes.side, sizes.inputs})
      .permute({0, 1, 4, 2, 3})
      .contiguous();
}

template <typename T>
std::pair<at::Tensor, at::Tensor> allWeights(const Sizes& sizes, const at::Tensor& input,
                                             const at::Tensor& pooled, const at::Tensor& indices,
                                             const at::Tensor& outputs) {
  at::Tensor sums = at::zeros({sizes.tasks, sizes.outputs, patchRows<T>(sizes), patchRow<T>(sizes)},
                              outputs.options());
  at::Tensor biases = at::zeros({sizes.tasks, sizes.outputs}, outputs.options());
  const Arrays<T> arrays{input.const_data_ptr<T>(),
                         pooled.const_data_ptr<T>(),
                         indices.const_data_ptr<std::int64_t>(),
                         outputs.const_data_ptr<T>(),
                         sums.mutable_data_ptr<T>(),
                         biases.mutable_data_ptr<T>(),
                         nullptr,
                         nullptr};
  at::parallel_for(0, sizes.outputs, 1, [&](std::int64_t first, std::int64_t last) {
    weightsOf(sizes, arrays, first, last);
  });
  return {asWeights(sums, sizes, gathers<T>(sizes)), biases};
}

template <typename T>
at::Tensor allInputs(const Sizes& sizes, const at::Tensor& pooled, const at::Tensor& indices,
                     const at::Tensor& outputs, const at::Tensor& weight, std::int64_t padding) {
  at::Tensor below = at::empty({sizes.tasks, sizes.examples, sizes.inputs,
                                sizes.height - 2 * padding, sizes.width - 2 * padding},
                               outputs.options());
  const at::Tensor filters = filterRows<T>(weight);
  const Arrays<T> arrays{nullptr,
                         pooled.const_data_ptr<T>(),
                         indices.const_data_ptr<std::int64_t>(),
                         outputs.const_data_ptr<T>(),
                         nullptr,
                         nullptr,
                         filters.const_data_ptr<T>(),
                         below.mutable_data_ptr<T>()};
  at::parallel_for(0, sizes.examples, 1, [&](std::int64_t first, std::int64_t last) {
    inputsOf(sizes, arrays, padding, first, last);
  });
  return below;
}

}  // namespace

MaximaKernel::MaximaKernel(const at::Tensor& input, const at::Tensor& pooled,
                           const at::Tensor& indices, std::int64_t mapWidth,
                           const at::Tensor& weight, std::int64_t padding)
    : input_(input),
      pooled_(pooled.contiguous()),
      indices_(indices.contiguous()),
      weight_(weight),
      mapWidth_(mapWidth),
      padding_(padding) {}

std::pair<at::Tensor, at::Tensor> MaximaKernel::weightGradients(const at::Tensor& outputs) const {
  const auto sizes = sizesOf(input_, pooled_, weight_, mapWidth_, padding_, outputs.size(0));
  const auto input = channelsLast(input_, padding_);
  const auto given = outputs.contiguous();
  return outputs.scalar_type() == at::kDouble
             ? allWeights<double>(sizes, input, pooled_, indices_, given)
             : allWeights<float>(sizes, input, pooled_, indices_, given);
}

at::Tensor MaximaKernel::inputGradients(const at::Tensor& outputs) const {
  const auto sizes = sizesOf(input_, pooled_, weight_, mapWidth_, padding_, outputs.size(0));
  const auto given = outputs.contiguous();
  return outputs.scalar_type() == at::kDouble
             ? allInputs<double>(sizes, pooled_, indices_, given, weight_, padding_)
             : allInputs<float>(sizes, pooled_, indices_, given, weight_, padding_);
}

}  // namespace eq::model
