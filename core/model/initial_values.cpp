#include "core/model/initial_values.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>

#include "core/base/random.h"

namespace eq::model {

at::Tensor uniformByName(std::uint64_t seed, const std::string& name,
                         const std::vector<std::int64_t>& shape, double bound) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, name));
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat)).uniform_(-bound, bound, generator);
}

at::Tensor normalByName(std::uint64_t seed, const std::string& name,
                        const std::vector<std::int64_t>& shape, double deviation) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, name));
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat)).normal_(0, deviation, generator);
}

}  // namespace eq::model
