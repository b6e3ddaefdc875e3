#include "core/data/fingerprint.h"

#include <string>

#include <fmt/ranges.h>

#include "core/base/sha256.h"
#include "core/data/problem.h"

namespace eq::data {
namespace {

std::string hashOf(const at::Tensor& tensor) {
  if (!tensor.defined()) return "none\n";
  const auto host = tensor.cpu().contiguous();
  const std::string_view bytes(static_cast<const char*>(host.const_data_ptr()), host.nbytes());
  return fmt::format("{} {} {}\n", c10::toString(host.scalar_type()),
                     fmt::join(host.sizes().begin(), host.sizes().end(), ","), sha256(bytes));
}

}  // namespace

nlohmann::json fingerprint(const Problem& problem) {
  std::string hashes = hashOf(problem.train.inputs);
  for (const auto& target : problem.train.targets) hashes += hashOf(target);
  for (const auto& mask : problem.train.masks) hashes += hashOf(mask);
  return {{"train", problem.train.size()},
          {"validation", problem.validation.size()},
          {"test", problem.test.size()},
          {"sha256", sha256(hashes)}};
}

}  // namespace eq::data
