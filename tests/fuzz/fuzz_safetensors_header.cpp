// Any header, also one with the right checksum, is either that of a checkpoint without data or
// refused with an Error. The input with a first byte below 128 is the header's text, else the whole
// file.
#include "core/run/safetensors.h"
#include "tests/fuzz/checkpoint_bytes.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(eq::fuzz::textOf(data + 1, size - 1));
  const auto bytes = data[0] < 128 ? eq::fuzz::checkpointOf(text, {}) : text;
  eq::fuzz::mayRefuse([&] {
    for (const auto& [name, tensor] : eq::run::fromSafetensors(bytes, "x").tensors)
      eq::fuzz::require(data[0] >= 128 || tensor.nbytes() == 0);
  });
  return 0;
}
