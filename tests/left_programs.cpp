#include "tests/left_programs.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/types.h>
#include <unistd.h>

namespace eq::test {
namespace {

constexpr const char* kMark = "EQUIPOISE_TEST_PROCESS";

/// A file of /proc, with the zeros that end its texts as they stand; empty where the process is
/// gone.
std::string textOf(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string shown(std::string commandLine) {
  for (char& letter : commandLine)
    if (letter == '\0') letter = ' ';
  return commandLine;
}

}  // namespace

void markPrograms() {
  setenv(kMark, std::to_string(getpid()).c_str(), 1);
}

std::vector<std::string> endLeftPrograms() {
  const std::string mark = std::string("\0", 1) + kMark + '=' + std::to_string(getpid()) + '\0';
  std::vector<std::string> ended;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const auto number = std::atoi(entry.path().filename().c_str());
    if (number <= 0 || number == getpid()) continue;
    if (('\0' + textOf(entry.path() / "environ")).find(mark) == std::string::npos) continue;
    const auto line = shown(textOf(entry.path() / "cmdline"));
    if (kill(number, SIGKILL) == 0 && !line.empty()) ended.push_back(line);
  }
  return ended;
}

}  // namespace eq::test
