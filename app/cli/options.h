#pragma once

#include <charconv>
#include <limits>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/end_notice.h"

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

/// Lets pass what an experiment's JSON can hold: UTF-8, and no more brackets than a file may have.
inline CLI::Validator storableText() {
  const auto mistake = [](const std::string& text) -> std::string {
    try {
      nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
      return "expected text in UTF-8, found other bytes";
    }
    if (!deeperThan(kJsonDepth, text)) return {};
    return fmt::format("more than {} brackets stand within each other; take some away", kJsonDepth);
  };
  return {mistake, ""};
}

/// `--set PATH=VALUE`, once for each field, so that FILE may follow.
inline void addSetOption(CLI::App& command, std::vector<std::string>& settings) {
  command.add_option("--set", settings, "Change a field first: tasks[0].loss.id=focal")
      ->type_name("PATH=VALUE")
      ->check(storableText())
      ->allow_extra_args(false);
}

/// `--notify COMMAND`, which is run at the end.
inline void addNotifyOption(CLI::App& command, std::string& notify) {
  const auto mistake = [](const std::string& text) -> std::string {
    try {
      run::commandWords(text);
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  command
      .add_option("--notify", notify,
                  "Command to start at the end, without a shell (for one: \"sh -c '...'\"); finds "
                  "EQUIPOISE_RUN, _NAME, _STATE, _REASON, _STEPS in its environment")
      ->type_name("COMMAND")
      ->check(CLI::Validator(mistake, ""));
}

}  // namespace eq::cli
