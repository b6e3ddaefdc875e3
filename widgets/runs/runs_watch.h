#pragma once

#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <QObject>

#include "core/study/run_index.h"
#include "widgets/session/deliveries.h"

namespace eq::widgets {

/// The runs of a workspace, from its index. Looks once a second, in a thread of its own, which of
/// them other processes have begun, trained on or ended, and reads those again.
class RunsWatch : public QObject {
  Q_OBJECT

 public:
  using Runs = std::vector<study::IndexedRunPtr>;

  explicit RunsWatch(const std::filesystem::path& workspace, QObject* parent = nullptr);

  /// Looks at once, in the caller's thread. Of very many new runs the rest comes by runsChanged.
  Runs look();
  /// Why folders that hold runs are not among them.
  std::vector<std::string> problems() const;

 signals:
  /// All runs, when one has changed. In the thread that the watch lives in.
  void runsChanged(const std::vector<eq::study::IndexedRunPtr>& runs);

 private:
  struct Step {
    bool changed = false, complete = true;
  };

  Runs runs() const;
  /// Reads some of what is new.
  Step step();
  void watch(const std::stop_token& token);

  Deliveries deliveries_;
  mutable std::mutex mutex_;
  study::RunIndex index_;  ///< under it
  std::jthread thread_;    ///< last: it must end before what it uses
};

}  // namespace eq::widgets
