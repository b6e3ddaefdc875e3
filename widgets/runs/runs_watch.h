#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include <QObject>

#include "core/run/run_folder.h"

namespace eq::widgets {

/// Looks once a second, in a thread of its own, which runs of a workspace other processes have
/// begun, trained on or ended, and reads those again.
class RunsWatch : public QObject {
  Q_OBJECT

 public:
  explicit RunsWatch(const std::filesystem::path& workspace, QObject* parent = nullptr);

 signals:
  /// All runs, when one has changed. In the thread that the watch lives in.
  void runsChanged(const std::vector<eq::run::RunInfo>& runs);

 private:
  /// What tells without opening it that a run has changed.
  struct Stamp {
    std::int64_t record = 0, log = 0;  ///< when the files were written
    bool held = false;
    bool operator==(const Stamp&) const = default;
  };
  struct Seen {
    Stamp stamp;
    std::optional<run::RunInfo> info;  ///< none while it cannot be read
  };
  using Runs = std::map<std::filesystem::path, Seen>;

  void watch(const std::stop_token& token);
  static Stamp stampOf(const std::filesystem::path& folder);
  /// \returns whether something has changed.
  bool look(Runs& runs) const;

  std::filesystem::path workspace_;
  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
