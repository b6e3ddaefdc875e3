#include "app/cli/end_signals.h"

#include <unistd.h>

namespace eq::cli {
namespace {

volatile std::sig_atomic_t arrivedSignal = 0;
volatile std::sig_atomic_t wakeDescriptor = -1;

extern "C" void onEndSignal(int signal) {
  if (arrivedSignal) _exit(128 + signal);
  arrivedSignal = signal;
  const char byte = 0;
  // A full pipe wakes as well.
  if (wakeDescriptor >= 0 && write(wakeDescriptor, &byte, 1) < 0) return;
}

}  // namespace

const std::vector<int>& endSignals() {
  static const std::vector<int> all = {SIGINT, SIGQUIT, SIGHUP, SIGTERM, SIGXCPU, SIGUSR1, SIGUSR2};
  return all;
}

EndSignals::EndSignals(int wake) {
  arrivedSignal = 0;
  wakeDescriptor = wake;
  for (const int signal : endSignals()) take(signal, onEndSignal);
  take(SIGPIPE, SIG_IGN);
}

EndSignals::~EndSignals() {
  for (const auto& before : before_) sigaction(before.signal, &before.action, nullptr);
  wakeDescriptor = -1;
}

void EndSignals::take(int signal, void (*handler)(int)) {
  Before before{signal, {}};
  sigaction(signal, nullptr, &before.action);
  if (before.action.sa_handler == SIG_IGN) return;
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
  before_.push_back(before);
}

int EndSignals::arrived() {
  return arrivedSignal;
}

}  // namespace eq::cli
