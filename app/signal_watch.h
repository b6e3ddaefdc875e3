#pragma once

#include <QObject>

#include "app/cli/end_signals.h"

namespace eq::app {

/// Ends the event loop with 128 + signal when a signal asks the program to end; the window's
/// destructor then stops the run, which checkpoints. One at a time lives.
class SignalWatch : public QObject {
  Q_OBJECT

 public:
  explicit SignalWatch(QObject* parent = nullptr);
  ~SignalWatch() override;

 private:
  /// \returns whether there is a pipe to be woken by.
  bool makePipe();

  int pipe_[2] = {-1, -1};
  cli::EndSignals endSignals_;
};

}  // namespace eq::app
