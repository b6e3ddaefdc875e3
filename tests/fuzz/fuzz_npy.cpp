// Any bytes are either read as an array that gives as many numbers as its shape says, each once, or
// refused with an Error.
#include <vector>

#include "core/data/arrays/npy.h"
#include "core/data/element_count.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(eq::fuzz::textOf(data, size));
  eq::fuzz::mayRefuse([&] {
    const auto stretch = eq::data::Stretch::whole(eq::data::inMemory(bytes, "x"));
    const auto array = eq::data::openNpy(stretch, "x");
    if (!array.problem.empty()) return;
    const auto count = eq::data::elementCount(array.shape);
    const auto rows = array.shape.empty() ? 1 : static_cast<std::uint64_t>(array.shape[0]);
    std::vector<char> seen(count);
    eq::data::forEachElement(array, [&](std::int64_t row, std::int64_t entry, double) {
      const auto place =
          static_cast<std::uint64_t>(row) * (count / rows) + static_cast<std::uint64_t>(entry);
      eq::fuzz::require(place < count && !seen[place]);
      seen[place] = 1;
    });
    for (const char one : seen) eq::fuzz::require(one == 1);
  });
  return 0;
}
