#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace eq::study {

/// A program in a process, and a process group, of its own: Ctrl-C in the terminal goes to its
/// parent alone. The thread that makes it must be there as long as it runs: a program that asked
/// for the signal of its parent's death gets it when that thread ends.
class WorkerProcess {
 public:
  /// \param input what it reads from standard input.
  /// \param shared a file descriptor that it gets as well.
  /// \throws Error (failure) when it cannot be started.
  WorkerProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                const std::string& input, int shared);
  /// Terminates it and waits for its end.
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  /// Its exit code, or 128 and the signal that ended it; nothing while it runs.
  std::optional<int> ended();
  /// Asks it to end, once.
  void terminate();
  /// The last line that it wrote to standard error.
  std::string lastLine();

 private:
  void readMessages();

  pid_t process_ = -1;
  int errors_ = -1;  ///< where its standard error is read
  std::string messages_;
  bool asked_ = false;
  std::optional<int> code_;
};

}  // namespace eq::study
