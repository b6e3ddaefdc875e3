#include "core/metric/kept_rows.h"

#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

namespace eq::metric {

HostRows::HostRows(const at::Tensor& rows)
    : storage_(rows.detach().to(at::kCPU, at::kDouble).contiguous()),
      data_(storage_.const_data_ptr<double>()),
      count_(storage_.size(0)),
      width_(storage_.size(1)) {}

bool HostRows::hasNan() const {
  return std::any_of(data_, data_ + count_ * width_,
                     [](double value) { return std::isnan(value); });
}

void KeptRows::add(const std::vector<at::Tensor>& columns) {
  std::vector<at::Tensor> wide;
  for (const auto& column : columns)
    wide.push_back((column.dim() == 1 ? column.unsqueeze(1) : column).detach().to(at::kDouble));
  batches_.push_back(at::cat(wide, 1));
}

at::Tensor KeptRows::joined() const {
  return batches_.empty() ? at::Tensor() : at::cat(batches_, 0);
}

HostRows KeptRows::host() const {
  return batches_.empty() ? HostRows() : HostRows(joined());
}

HostRows KeptRows::validHost() const {
  if (batches_.empty()) return {};
  const auto rows = joined().to(at::kCPU);
  const auto valid = rows.select(1, 0).nonzero().squeeze(1);
  return HostRows(rows.narrow(1, 1, rows.size(1) - 1).index_select(0, valid));
}

}  // namespace eq::metric
