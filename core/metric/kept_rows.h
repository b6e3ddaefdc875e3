#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::metric {

/// A matrix of doubles in host memory.
class HostRows {
 public:
  HostRows() = default;
  /// \param rows [M, K], on any device.
  explicit HostRows(const at::Tensor& rows);

  std::int64_t count() const { return count_; }
  std::int64_t width() const { return width_; }
  double at(std::int64_t row, std::int64_t column) const { return data_[row * width_ + column]; }
  const double* row(std::int64_t row) const { return data_ + row * width_; }
  bool hasNan() const;

 private:
  at::Tensor storage_;
  const double* data_ = nullptr;
  std::int64_t count_ = 0, width_ = 0;
};

/// Rows of numbers of all batches, for metrics that need every score at the end. They stay on the
/// batches' device until the value is asked for.
class KeptRows {
 public:
  /// \param columns tensors [M] or [M, k], set side by side in double.
  void add(const std::vector<at::Tensor>& columns);

  /// All rows [M, K] in the order in which they came; undefined before the first batch.
  at::Tensor joined() const;
  HostRows host() const;
  /// Those whose first column is not 0, without that column.
  HostRows validHost() const;

 private:
  std::vector<at::Tensor> batches_;
};

}  // namespace eq::metric
