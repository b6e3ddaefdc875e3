#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <QObject>

#include "core/study/sweep/standing.h"
#include "widgets/session/deliveries.h"

namespace eq::widgets {

/// How the sweeps and races of a workspace stand, newest first. Looks in a thread of its own, about
/// once a second; all is read from their folders, which other processes write.
class QueueWatch : public QObject {
  Q_OBJECT

 public:
  using Standings = std::vector<std::shared_ptr<const study::SweepStanding>>;

  explicit QueueWatch(const std::filesystem::path& workspace, QObject* parent = nullptr);

  /// Looks soon.
  void look();

 signals:
  /// In the thread that the watch lives in. \param problems why folders are not among them.
  void changed(const eq::widgets::QueueWatch::Standings& standings,
               const std::vector<std::string>& problems);

 private:
  using Stamp = std::vector<std::int64_t>;
  struct Entry {
    Stamp stamp;
    std::shared_ptr<const study::SweepStanding> standing;  ///< null: it cannot be read
    std::string problem;
  };

  static Stamp stampOf(const std::filesystem::path& folder);
  /// \returns whether anything is to be told.
  bool read();
  void tell();
  void work(const std::stop_token& token);

  std::filesystem::path workspace_;
  std::map<std::filesystem::path, Entry> entries_;  ///< of the thread
  Deliveries deliveries_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  bool asked_ = false;   ///< under the mutex
  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
