#pragma once

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include <QObject>

#include "core/run/run_tail.h"
#include "widgets/session/deliveries.h"

namespace eq::widgets {

class RunData;

/// A run whose records up to `step` another has as well: one that it was forked from, or was forked
/// from that.
struct Ancestor {
  std::filesystem::path folder;
  std::int64_t step = 0;
};

/// The run itself, then those that it was forked from, nearest first, as far as they lie beside it.
/// Reads their folders.
std::vector<Ancestor> lineageOf(const run::RunInfo& info);

/// A run as it was read.
struct FollowedRun {
  run::RunInfo info;
  std::vector<Ancestor> lineage;
  std::shared_ptr<RunData> data;  ///< lives in the receiver's thread
};

/// Reads any number of runs in one thread, one after the other, and looks for what other threads
/// and processes add to them: once a second where one trains, else now and then. Has no thread
/// while it follows none. All signals are emitted in the thread that it lives in.
class RunsFollower : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  void follow(const std::filesystem::path& folder);
  void leave(const std::filesystem::path& folder);

 signals:
  void loaded(const std::filesystem::path& folder, const eq::widgets::FollowedRun& run);
  /// Records came, or the run's state has changed.
  void newsArrived(const std::filesystem::path& folder, const eq::run::RunNews& news);
  /// It cannot be read, or no longer; once for each reason.
  void problemMet(const std::filesystem::path& folder, const QString& problem);

 private:
  /// One that is followed, in the thread.
  struct Watch {
    int ticket = 0;
    std::unique_ptr<run::RunTail> tail;  ///< null: it could not be read
    run::RunInfo info;
    QString told;  ///< the problem
  };
  using Watches = std::map<std::filesystem::path, Watch>;

  void work(const std::stop_token& token);
  /// As it was asked for. \returns the folder of one that is to be read; empty: none.
  std::filesystem::path takeOrders(Watches& watches);
  void load(const std::filesystem::path& folder, Watch& watch);
  void look(const std::filesystem::path& folder, Watch& watch);
  void tellProblem(const std::filesystem::path& folder, Watch& watch, const char* problem);
  /// In the follower's thread, unless the run is left or followed anew by then.
  void tell(const std::filesystem::path& folder, const Watch& watch, std::function<void()> done);

  Deliveries deliveries_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  std::map<std::filesystem::path, int> wanted_;  ///< with a number for every time
  int tickets_ = 0;
  bool news_ = false;    ///< something was asked for
  bool works_ = false;   ///< the thread does
  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
