// Any bytes are either an image with as many values as its header says, none above its white, or
// refused with an Error.
#include <algorithm>

#include "core/data/images/picture.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(eq::fuzz::textOf(data, size));
  eq::fuzz::mayRefuse([&] {
    // Larger ones take longer than a second under the sanitizers, and tell no more.
    const auto format = eq::data::decodePictureFormat(bytes, "x");
    if (format.height * format.width > 1'000'000) return;
    const auto picture = eq::data::decodePicture(bytes, "x");
    const auto count = format.height * format.width * format.channels;
    eq::fuzz::require(static_cast<std::int64_t>(picture.values.size()) == count);
    const auto most = std::max_element(picture.values.begin(), picture.values.end());
    eq::fuzz::require(most == picture.values.end() || *most <= format.white);
  });
  return 0;
}
