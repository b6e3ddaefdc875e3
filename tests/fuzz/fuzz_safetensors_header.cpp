// Any header, also one with the right checksum, is either that of a checkpoint without data or
// refused with an Error; so is any file of weights. The input with a first byte below 128 is the
// header's text, else the whole file.
#include "core/run/safetensors.h"
#include "core/run/safetensors_layout.h"
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
  eq::fuzz::mayRefuse([&] {
    const std::string name = "y";
    std::size_t total = 0;
    const eq::run::TensorReader reader(bytes, name, eq::run::Checksums::whereGiven);
    for (const auto& [tensor, values] : reader.tensors()) total += values.nbytes();
    eq::fuzz::require(total <= bytes.size());
  });
  return 0;
}
