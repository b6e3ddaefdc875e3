#include "widgets/session/deliveries.h"

#include <utility>

namespace eq::widgets {

Deliveries::Deliveries(QObject* parent) : QObject(parent), turn_(this) {
  turn_.setInterval(0);  // once a pass, after what the person does
  turn_.callOnTimeout(this, &Deliveries::takeNext);
}

void Deliveries::post(Piece piece) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = pieces_.empty();
    pieces_.push_back(std::move(piece));
  }
  if (first) QMetaObject::invokeMethod(&turn_, qOverload<>(&QTimer::start), Qt::QueuedConnection);
}

bool Deliveries::waitUntilTaken(const std::stop_token& token) {
  std::unique_lock lock(mutex_);
  return taken_.wait(lock, token, [this] { return pieces_.empty(); });
}

void Deliveries::takeNext() {
  Piece piece;
  {
    const std::lock_guard lock(mutex_);
    if (!pieces_.empty()) {
      piece = std::move(pieces_.front());
      pieces_.pop_front();
    }
    if (pieces_.empty()) turn_.stop();
  }
  taken_.notify_all();
  if (piece) piece();
}

}  // namespace eq::widgets
