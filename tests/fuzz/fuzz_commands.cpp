// Any text is either a list of commands, each the same after it was written and read again, that an
// experiment takes or refuses, or refused with an Error.
#include "core/base/json_file.h"
#include "core/train/command.h"
#include "tests/fuzz/refusal.h"

namespace {

const eq::train::Experiment& experiment() {
  static const auto one = eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "data": {"id": "two_digits"}, "model": {"id": "mlp"},
    "tasks": [{"name": "left", "loss": {"id": "focal", "gamma": 2}}, {"name": "right"}]})"),
                                                        "/nowhere");
  return one;
}

void take(const nlohmann::json& entry, eq::train::Experiment& reached) {
  const auto command = eq::train::commandFromJson(entry, "x");
  eq::fuzz::require(eq::train::commandFromJson(eq::train::toJson(command), "y") == command);
  const auto after = eq::train::applied(reached, command);
  eq::fuzz::require(command.kind == eq::train::Command::Kind::note ||
                    !eq::train::describe(reached, command).empty());
  eq::train::commandsBetween(reached, after);
  reached = after;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto reached = experiment();
  eq::fuzz::mayRefuse([&] {
    const auto list = eq::parseJson(std::string(eq::fuzz::textOf(data, size)), "x");
    for (const auto& entry : list) eq::fuzz::mayRefuse([&] { take(entry, reached); });
  });
  return 0;
}
