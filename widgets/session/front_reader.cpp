#include "widgets/session/front_reader.h"

#include <exception>
#include <utility>

#include "core/run/atomic_file.h"
#include "core/run/front/front_view.h"

namespace eq::widgets {
namespace {

/// What is ready, or else made ready, for a run at a step.
const run::FrontView& readyFront(std::unique_ptr<run::FrontView>& kept,
                                 const std::filesystem::path& folder, qint64 step) {
  if (!kept || kept->folder() != folder || kept->step() != run::FrontView::nearest(folder, step)) {
    kept.reset();  // before the next needs the memory
    kept = std::make_unique<run::FrontView>(folder, step);
  }
  return *kept;
}

}  // namespace

FrontReader::FrontReader(QObject* parent) : QObject(parent) {}

void FrontReader::ask(const std::function<void(Orders&)>& change) {
  {
    const std::lock_guard lock(mutex_);
    change(orders_);
  }
  asked_.notify_all();
  if (!thread_.joinable())
    thread_ = std::jthread([this](const std::stop_token& token) { work(token); });
}

void FrontReader::look(const std::filesystem::path& folder, qint64 step,
                       const train::FrontLookRequest& request) {
  ask([&](Orders& orders) { orders.look = Look{folder, step, request}; });
}

void FrontReader::exportModel(const std::filesystem::path& folder, qint64 step,
                              const std::vector<double>& preference,
                              const std::filesystem::path& file) {
  ask([&](Orders& orders) { orders.exports.push_back({folder, step, preference, file}); });
}

void FrontReader::rest() {
  if (!thread_.joinable()) return;
  ask([](Orders& orders) {
    orders.look.reset();
    orders.rest = true;
  });
}

// --- In the thread

void FrontReader::work(const std::stop_token& token) {
  std::unique_ptr<run::FrontView> kept;
  while (!token.stop_requested()) {
    Orders taken;
    {
      std::unique_lock lock(mutex_);
      if (!asked_.wait(lock, token, [this] { return !orders_.empty(); })) return;
      taken = std::exchange(orders_, {});
    }
    obey(taken, kept);
  }
}

void FrontReader::obey(const Orders& orders, std::unique_ptr<run::FrontView>& kept) {
  if (orders.rest) kept.reset();
  for (const auto& one : orders.exports) {
    try {
      const auto& front = readyFront(kept, one.folder, one.step);
      run::writeAtomically(one.file, front.plainModel(one.preference));
      deliveries_.post([this, file = one.file, step = front.step()] { emit exported(file, step); });
    } catch (const std::exception& error) {
      deliveries_.post([this, text = QString::fromUtf8(error.what())] { emit exportFailed(text); });
    }
  }
  if (!orders.look) return;
  try {
    auto look = readyFront(kept, orders.look->folder, orders.look->step).look(orders.look->request);
    deliveries_.post([this, folder = orders.look->folder, look = std::move(look)] {
      emit lookArrived(folder, look);
    });
  } catch (const std::exception& error) {
    deliveries_.post([this, text = QString::fromUtf8(error.what())] { emit problemMet(text); });
  }
}

}  // namespace eq::widgets
