#include "core/run/wishes.h"

#include <array>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/parameter.h"
#include "core/train/command_kinds.h"

namespace eq::run {
namespace {

using Kind = Wish::Kind;

constexpr std::array<std::pair<Kind, const char*>, 4> kPlainWishes{{
    {Kind::pause, "pause"},
    {Kind::resume, "resume"},
    {Kind::stop, "stop"},
    {Kind::checkpoint, "checkpoint"},
}};

/// {"kind": "set_number", "name": "temperature", "value": 2}.
constexpr const char* kSetNumber = "set_number";

void requireNumber(const nlohmann::json& value, const std::string& path) {
  const Parameters fields({ParameterSpec::text("kind", "", "What it does").needed(),
                           ParameterSpec::text("name", "", "Of the program's number").needed(),
                           ParameterSpec::number("value", 0, "The new value").needed()},
                          value, path);
}

Wish wishFrom(const nlohmann::json& value, const std::string& path) {
  if (value.is_object() && value.contains("kind") && value["kind"] == kSetNumber) {
    requireNumber(value, path);
    return {Kind::number, {}};
  }
  if (value.is_object() && value.contains("kind"))
    for (const auto& [kind, name] : kPlainWishes)
      if (value["kind"] == name) {
        Parameters({ParameterSpec::text("kind", "", "What it does").needed()}, value, path);
        return {kind, {}};
      }
  std::vector<std::string> plain;
  for (const auto& [kind, name] : kPlainWishes) plain.emplace_back(name);
  plain.emplace_back(kSetNumber);
  return {Kind::command, train::commandBeside(plain, value, path)};
}

}  // namespace

std::vector<Wish> wishesFrom(const nlohmann::json& list) {
  if (!list.is_array()) fail("commands: expected a list, found {}", list.dump());
  std::vector<Wish> wishes;
  for (size_t i = 0; i < list.size(); ++i)
    wishes.push_back(wishFrom(list[i], fmt::format("commands[{}]", i)));
  return wishes;
}

}  // namespace eq::run
