#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <vector>

#include <QObject>

#include "core/train/settings.h"

class QWidget;

namespace eq::widgets {
class MessageBar;
class QueuePanel;
class RunsPanel;
class ShownRuns;
}  // namespace eq::widgets

namespace eq::app {

/// What lanes have to do with; all outlive the link.
struct LaneParts {
  QWidget& window;
  widgets::QueuePanel& queue;
  widgets::RunsPanel& runs;
  widgets::ShownRuns& shown;
  widgets::MessageBar& messages;
  std::function<void(const std::filesystem::path&)> showRun;  ///< brings a run into focus
};

/// Brings the runs of races and sweeps into the plots, and clones lanes.
class LaneLink : public QObject {
  Q_OBJECT

 public:
  explicit LaneLink(const LaneParts& parts, QObject* parent = nullptr);

  /// Shows the lanes of a race that begins, each as soon as it has a folder.
  void follow(const std::filesystem::path& folder, std::size_t lanes);
  /// The first in focus, and no others than these.
  void showSideBySide(const std::vector<std::filesystem::path>& runs);
  /// Asks with which change.
  void askToClone(const std::filesystem::path& run);

 private:
  /// \param answer is told how it went: empty when it was made.
  void clone(const std::filesystem::path& run, const std::vector<train::Setting>& settings,
             const QString& title, const std::function<void(const QString&)>& answer);

  LaneParts at_;
};

}  // namespace eq::app
