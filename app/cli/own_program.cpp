#include "app/cli/own_program.h"

namespace eq::cli {
namespace {

std::filesystem::path& keptProgram() {
  static std::filesystem::path program;
  return program;
}

}  // namespace

std::filesystem::path ownProgram() {
  return keptProgram();
}

void beOwnProgram() {
  keptProgram() = std::filesystem::read_symlink("/proc/self/exe");
}

}  // namespace eq::cli
