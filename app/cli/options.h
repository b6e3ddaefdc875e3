#pragma once

#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/error.h"

namespace eq::cli {

/// Lets pass integers from `least` up to the largest of their type; by itself CLI11 takes a larger
/// one for the largest.
template <typename Integer>
CLI::Validator integerFrom(Integer least) {
  const auto mistake = [least](const std::string& text) -> std::string {
    Integer value{};
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    if (read.ec == std::errc() && read.ptr == end && value >= least) return {};
    return fmt::format("expected an integer from {} to {}, found \"{}\"", least,
                       std::numeric_limits<Integer>::max(), text);
  };
  return {mistake, fmt::format(">= {}", least)};
}

/// `--set PATH=VALUE`, once for each field, so that FILE may follow.
inline void addSetOption(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("--set", settings, "Change a field first: tasks[0].loss.id=focal")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

}  // namespace eq::cli
