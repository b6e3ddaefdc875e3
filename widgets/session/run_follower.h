#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>

#include <QObject>

#include "core/run/run_tail.h"
#include "widgets/session/deliveries.h"

namespace eq::widgets {

/// Reads once a second, in a thread of its own, what another process adds to a run. All signals are
/// emitted in the thread that the follower lives in.
class RunFollower : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// Leaves the run that was followed before. \param tail read as far as it is shown, or not at
  /// all: then what stands there now is taken as shown.
  void follow(std::unique_ptr<run::RunTail> tail);
  void stop();

 signals:
  /// Records came, or the run's state has changed.
  void newsArrived(const eq::run::RunNews& news);
  /// It can no longer be read; once for each reason.
  void problemMet(const QString& problem);

 private:
  void look(run::RunTail& tail, int followed, const std::stop_token& token);
  /// In the follower's thread, unless another run is followed by then.
  void tell(const std::function<void()>& work, int followed);

  int followed_ = 0;  ///< counts the runs
  Deliveries deliveries_;
  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
