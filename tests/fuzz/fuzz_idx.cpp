// Any bytes, plain or gzip, are either read as an array that fills its shape, of bytes or of any
// type, or refused with an Error.
#include <cstdlib>

#include "core/base/error.h"
#include "core/data/arrays/idx_array.h"
#include "core/data/element_count.h"
#include "core/data/gzip.h"
#include "core/data/idx.h"

namespace {

constexpr size_t kLimit = size_t{1} << 22;

void look(const eq::data::IdxArray& array) {
  std::uint64_t count = 1;
  for (const auto size : array.shape) count *= static_cast<std::uint64_t>(size);
  if (array.shape.empty() || count != array.values.size()) std::abort();
}

void look(const eq::data::NumberArray& array) {
  std::uint64_t count = 0;
  eq::data::forEachElement(array, [&](std::int64_t, std::int64_t, double) { ++count; });
  if (count != eq::data::elementCount(array.shape)) std::abort();
}

template <typename Work>
void mayRefuse(Work work) {
  try {
    work();
  } catch (const eq::Error& error) {
    if (error.kind() != eq::ErrorKind::user || *error.what() == '\0') std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  mayRefuse([&] { look(eq::data::parseIdx(bytes, "x")); });
  mayRefuse([&] { look(eq::data::openIdx(eq::data::inMemory(bytes, "x"), "x")); });
  std::vector<eq::data::Warning> warnings;
  mayRefuse(
      [&] { look(eq::data::parseIdx(eq::data::inflateGzip(bytes, "x", kLimit, warnings), "x")); });
  return 0;
}
