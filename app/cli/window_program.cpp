#include "app/cli/window_program.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/run/atomic_file.h"

namespace eq::cli {
namespace {

namespace fs = std::filesystem;

fs::path windowProgram() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path() / "equipoise";
}

}  // namespace

bool hasWindowProgram() {
  std::error_code ignored;
  return fs::exists(windowProgram(), ignored);
}

int runWindowProgram(std::vector<std::string> arguments) {
  const auto program = windowProgram();
  arguments.insert(arguments.begin(), program.string());
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr)
    ::setenv("QT_QPA_PLATFORM", "offscreen", 0);
  pid_t child = 0;
  const int code =
      ::posix_spawn(&child, program.c_str(), nullptr, nullptr, pointers.data(), environ);
  if (code != 0) throw run::fileError(program, "cannot be started", code);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace eq::cli
