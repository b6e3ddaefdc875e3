// Any text is either an experiment, which is the same after it was written and read again, or
// refused with an Error.
#include "core/base/json_file.h"
#include "core/train/experiment.h"
#include "tests/fuzz/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  eq::fuzz::mayRefuse([&] {
    const auto json = eq::parseJson(std::string(eq::fuzz::textOf(data, size)), "x");
    const auto experiment = eq::train::experimentFromJson(json, "/nowhere");
    const auto written = eq::parseJson(eq::train::toJson(experiment).dump(), "y");
    eq::fuzz::require(eq::train::experimentFromJson(written, "/nowhere") == experiment);
  });
  return 0;
}
