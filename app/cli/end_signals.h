#pragma once

#include <vector>

#include <csignal>

namespace eq::cli {

/// The signals by which terminals, desktops and schedulers end a program or warn that they will:
/// interrupt, quit, terminal closed, terminate, time limit, and the two that Slurm and others send
/// before they pre-empt a job.
const std::vector<int>& endSignals();

/// Takes the end signals over while it lives: the first one is remembered, a second one ends the
/// process at once, with 128 and the signal's number. One that was ignored before stays ignored
/// (nohup). A closed pipe (SIGPIPE) is an error of the stream then, and no end. One at a time
/// lives.
class EndSignals {
 public:
  /// \param wake a file descriptor that gets a byte when the first one arrives; -1: none.
  explicit EndSignals(int wake = -1);
  ~EndSignals();
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;

  /// The signal that arrived; 0: none yet.
  static int arrived();

 private:
  struct Before {
    int signal;
    struct sigaction action;
  };
  void take(int signal, void (*handler)(int));

  std::vector<Before> before_;
};

}  // namespace eq::cli
