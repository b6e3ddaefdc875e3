// Any text {"id", "params", fields of the input} is either merged, with an answer whose numbers
// read back to the same and which a second call gives again, or refused with an Error.
#include "core/base/json_file.h"
#include "core/merge/catalog.h"
#include "tests/fuzz/refusal.h"

namespace {

using nlohmann::json;

/// Parameters by which a short text asks for long work: fine grids, many classes.
bool asksForLongWork(const json& params) {
  if (!params.is_object()) return false;
  for (const char* name : {"step", "maximum", "partitions"})
    if (params.contains(name)) return true;
  return false;
}

void take(const json& input) {
  if (!input.is_object() || !input.contains("id") || !input["id"].is_string()) return;
  const auto params = input.value("params", json::object());
  if (asksForLongWork(params)) return;
  const auto method = eq::merge::createMerge(input["id"].get<std::string>(), params);
  const auto answer = method->compute(input, 7);
  eq::fuzz::require(json::parse(answer.dump()) == answer);
  eq::fuzz::require(method->compute(input, 7) == answer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  eq::fuzz::mayRefuse([&] { take(eq::parseJson(std::string(eq::fuzz::textOf(data, size)), "x")); });
  return 0;
}
