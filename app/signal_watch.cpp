#include "app/signal_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <QCoreApplication>
#include <QSocketNotifier>

namespace eq::app {

SignalWatch::SignalWatch(QObject* parent)
    : QObject(parent), endSignals_(makePipe() ? pipe_[1] : -1) {
  auto* notifier = new QSocketNotifier(pipe_[0], QSocketNotifier::Read, this);
  connect(notifier, &QSocketNotifier::activated, this, [notifier] {
    notifier->setEnabled(false);
    QCoreApplication::exit(128 + cli::EndSignals::arrived());
  });
}

SignalWatch::~SignalWatch() {
  for (const int end : pipe_)
    if (end >= 0) close(end);
}

bool SignalWatch::makePipe() {
  return pipe2(pipe_, O_CLOEXEC | O_NONBLOCK) == 0;
}

}  // namespace eq::app
