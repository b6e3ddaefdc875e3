#include "core/run/merging/mask_bits.h"

#include <ATen/ops/zeros.h>

namespace eq::run {

at::Tensor bitsOf(const Eigen::VectorXd& mask) {
  auto bits = at::zeros({(mask.size() + 7) / 8}, at::TensorOptions(at::kByte));
  auto* bytes = bits.mutable_data_ptr<std::uint8_t>();
  for (Eigen::Index i = 0; i < mask.size(); ++i)
    if (mask[i] != 0) bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | (1U << (i % 8)));
  return bits;
}

}  // namespace eq::run
