#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>

#include <QObject>
#include <QTimer>

namespace eq::widgets {

/// Takes what other threads have to say into the thread that it lives in: in order, one piece in
/// each pass of that thread's event loop. Queued calls would not do where the pieces cost time: Qt
/// makes all that are posted, those that come meanwhile as well, before it looks at mouse and keys,
/// and a thread that says more than the window can show would freeze it.
class Deliveries : public QObject {
 public:
  using Piece = std::function<void()>;

  explicit Deliveries(QObject* parent = nullptr);

  /// From any thread. Pieces that wait when this is deleted are dropped.
  void post(Piece piece);
  /// In another thread, which so says no more than is heard: until every piece has had its turn.
  /// \returns false where it was told to stop before.
  bool waitUntilTaken(const std::stop_token& token);

 private:
  void takeNext();

  std::mutex mutex_;
  std::condition_variable_any taken_;
  std::deque<Piece> pieces_;  ///< under the mutex
  QTimer turn_;
};

}  // namespace eq::widgets
