#include "core/model/pool_maxima.h"

#include <vector>

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

namespace eq::model {
namespace {

/// One row of squares. The first of equal numbers counts, and what is not a number above all.
template <typename T>
void poolRow(const T* map, std::int64_t width, std::int64_t side, std::int64_t first,
             std::int64_t columns, T* pooled, std::int64_t* indices) {
  for (std::int64_t x = 0; x < columns; ++x) {
    std::int64_t best = first + x * side;
    T most = map[best];
    for (std::int64_t v = 0; v < side; ++v)
      for (std::int64_t u = 0; u < side; ++u) {
        const auto at = first + v * width + x * side + u;
        const bool more = map[at] > most || map[at] != map[at];
        most = more ? map[at] : most;
        best = more ? at : best;
      }
    pooled[x] = most <= 0 ? T(0) : most;
    indices[x] = best;
  }
}

template <typename T>
void poolMaps(const at::Tensor& map, std::int64_t side, at::Tensor& pooled, at::Tensor& indices) {
  const auto height = map.size(2), width = map.size(3);
  const auto rows = pooled.size(2), columns = pooled.size(3);
  const T* from = map.const_data_ptr<T>();
  T* to = pooled.mutable_data_ptr<T>();
  auto* places = indices.mutable_data_ptr<std::int64_t>();
  at::parallel_for(0, map.size(0) * map.size(1), 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin * rows; i < end * rows; ++i)
      poolRow(from + i / rows * height * width, width, side, i % rows * side * width, columns,
              to + i * columns, places + i * columns);
  });
}

}  // namespace

std::pair<at::Tensor, at::Tensor> poolMaxima(const at::Tensor& map, std::int64_t side) {
  const auto given = map.contiguous();
  const std::vector<std::int64_t> shape{map.size(0), map.size(1), map.size(2) / side,
                                        map.size(3) / side};
  auto pooled = at::empty(shape, map.options());
  auto indices = at::empty(shape, map.options().dtype(at::kLong));
  if (map.scalar_type() == at::kDouble)
    poolMaps<double>(given, side, pooled, indices);
  else
    poolMaps<float>(given, side, pooled, indices);
  return {pooled, indices};
}

}  // namespace eq::model
