#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace eq::run {

/// That a run, or a sweep, has ended: what a person is told, and a command of theirs.
struct EndNotice {
  std::string name;
  std::filesystem::path folder;
  std::string state;                       ///< finished, stopped or failed
  std::string reason;                      ///< why it failed; else empty
  std::optional<std::int64_t> steps = {};  ///< of a run
};

/// Of the run as it stands in its folder. \throws Error when it cannot be read.
EndNotice noticeOf(const std::filesystem::path& folder);
/// "Two digits has finished, after 1000 steps".
std::string inWords(const EndNotice& notice);
/// What the command finds in its environment: EQUIPOISE_RUN (the folder), EQUIPOISE_NAME,
/// EQUIPOISE_STATE, EQUIPOISE_REASON and, of a run, EQUIPOISE_STEPS, as NAME=VALUE.
std::vector<std::string> environmentOf(const EndNotice& notice);

/// The program and its arguments of a command, which no shell sees: words between blanks; in ' or "
/// blanks belong to a word. \throws Error when nothing stands there, or a quote is not closed.
std::vector<std::string> commandWords(const std::string& command);

/// Starts the command and waits for its end. \throws Error when it cannot be started.
void runCommand(const std::string& command, const EndNotice& notice);

}  // namespace eq::run
