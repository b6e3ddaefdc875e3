#include "core/run/end_notice.h"

#include <cerrno>
#include <string_view>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_folder.h"

namespace eq::run {
namespace {

std::vector<char*> pointersTo(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

EndNotice noticeOf(const std::filesystem::path& folder) {
  const auto info = RunReader(folder).info();
  return {info.shown().empty() ? folder.filename().string() : info.shown(),
          std::filesystem::absolute(folder).lexically_normal(), toText(info.state), info.message,
          info.steps};
}

std::string inWords(const EndNotice& notice) {
  const std::string how = notice.state == "finished" ? "has finished"
                          : notice.state == "failed" ? "has failed"
                                                     : "has stopped";
  auto text = notice.name + " " + how;
  if (notice.steps) text += fmt::format(", after {} steps", *notice.steps);
  return notice.reason.empty() ? text : text + ": " + notice.reason;
}

std::vector<std::string> environmentOf(const EndNotice& notice) {
  std::vector<std::string> variables{
      "EQUIPOISE_RUN=" + notice.folder.string(), "EQUIPOISE_NAME=" + notice.name,
      "EQUIPOISE_STATE=" + notice.state, "EQUIPOISE_REASON=" + notice.reason};
  if (notice.steps) variables.push_back("EQUIPOISE_STEPS=" + std::to_string(*notice.steps));
  return variables;
}

std::vector<std::string> commandWords(const std::string& command) {
  std::vector<std::string> words;
  char quote = 0;
  bool within = false;
  for (const char c : command) {
    if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? '\0' : c;
      if (!within) words.emplace_back();
      within = true;
    } else if (quote == 0 && (c == ' ' || c == '\t' || c == '\n')) {
      within = false;
    } else {
      if (!within) words.emplace_back();
      within = true;
      words.back() += c;
    }
  }
  if (quote != 0) fail("command: the quote {} is not closed in: {}", quote, command);
  if (words.empty() || words[0].empty()) fail("command: expected a program, found \"{}\"", command);
  return words;
}

void runCommand(const std::string& command, const EndNotice& notice) {
  auto words = commandWords(command);
  auto variables = environmentOf(notice);
  for (char** one = environ; *one != nullptr; ++one)
    if (!std::string_view(*one).starts_with("EQUIPOISE_")) variables.emplace_back(*one);
  pid_t child = 0;
  const int code = ::posix_spawnp(&child, words[0].c_str(), nullptr, nullptr,
                                  pointersTo(words).data(), pointersTo(variables).data());
  if (code != 0) throw fileError(words[0], "cannot be started", code);
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace eq::run
