// Any bytes are either read as members of which each has the size that its directory says, or
// refused with an Error.
#include <algorithm>
#include <array>

#include "core/data/arrays/zip.h"
#include "tests/fuzz/refusal.h"

namespace {

void readAll(const eq::data::Stretch& stretch) {
  eq::data::StretchReader reader(stretch);
  std::array<char, 4096> bytes{};
  while (reader.left() > 0)
    reader.read(bytes.data(), std::min<std::uint64_t>(reader.left(), bytes.size()));
  eq::fuzz::require(reader.position() == stretch.size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(eq::fuzz::textOf(data, size));
  eq::fuzz::mayRefuse([&] {
    for (const auto& member : eq::data::zipMembers(eq::data::inMemory(bytes, "x")))
      eq::fuzz::mayRefuse([&] { readAll(member.stretch); });
  });
  return 0;
}
