#include "core/model/initial_values.h"

#include <algorithm>
#include <fstream>
#include <limits>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/empty.h>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/random.h"

namespace eq::model {
namespace {

constexpr double kSmall = 256e6;  // bytes that any machine has: the system is not asked
constexpr double kUnknown = std::numeric_limits<double>::infinity();

/// The line "MemAvailable:   18874368 kB", in bytes.
double freeInMachine() {
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name; std::getline(file, name)) {
    double kilobytes = 0;
    if (name == "MemAvailable:" && file >> kilobytes) return 1024 * kilobytes;
  }
  return kUnknown;
}

/// The first number of a file; of "max", and without the file, there is none.
double numberIn(const char* path) {
  std::ifstream file(path);
  double number = 0;
  return file >> number ? number : kUnknown;
}

/// That this process can take without one being ended for it: of the machine, and of its control
/// group (cgroup v2).
double freeMemory() {
  const double most = numberIn("/sys/fs/cgroup/memory.max");
  const double used = most < kUnknown ? numberIn("/sys/fs/cgroup/memory.current") : 0;
  return std::max(std::min(freeInMachine(), most - used), 0.0);
}

}  // namespace

void requireRoom(const std::string& name, const std::vector<std::int64_t>& shape,
                 std::int64_t others) {
  double numbers = 1;  // of any size, without overflow
  for (const auto size : shape) numbers *= static_cast<double>(size);
  numbers += static_cast<double>(others);
  const double wanted = 2 * numbers * sizeof(float);
  if (wanted < kSmall) return;
  if (const double free = freeMemory(); wanted > free)
    fail(
        "model: with {}, [{}], it has {:.0f} million numbers and takes {:.1f} GB while it is made, "
        "and this machine has {:.1f} GB free; take smaller widths",
        name, fmt::join(shape, ", "), numbers / 1e6, wanted / 1e9, free / 1e9);
}

at::Tensor uniformByName(std::uint64_t seed, const std::string& name,
                         const std::vector<std::int64_t>& shape, double bound) {
  requireRoom(name, shape);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, name));
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat)).uniform_(-bound, bound, generator);
}

at::Tensor normalByName(std::uint64_t seed, const std::string& name,
                        const std::vector<std::int64_t>& shape, double deviation) {
  requireRoom(name, shape);
  auto generator = at::make_generator<at::CPUGeneratorImpl>(deriveSeed(seed, name));
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat)).normal_(0, deviation, generator);
}

}  // namespace eq::model
