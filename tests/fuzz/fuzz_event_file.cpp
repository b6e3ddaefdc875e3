// Any bytes, also records with the right checksums, are either an event file or refused with an
// Error. The input with a first byte below 128 is the bytes of one record, else the whole file.
#include "core/run/exchange/event_file.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(eq::fuzz::textOf(data + 1, size - 1));
  eq::run::EventFileBytes file(0);
  file.addRecord(text);
  const auto bytes = data[0] < 128 ? file.take() : text;
  eq::fuzz::mayRefuse([&] {
    std::size_t scalars = 0;
    const auto end =
        eq::run::readEventFile(bytes, "x", [&](const eq::run::ScalarEvent&) { ++scalars; });
    eq::fuzz::require(end.read + end.left == bytes.size() && scalars <= bytes.size());
  });
  return 0;
}
