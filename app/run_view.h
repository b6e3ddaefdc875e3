#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <QObject>

#include "app/task_lookup.h"
#include "core/run/run_folder.h"
#include "core/train/command.h"
#include "widgets/session/session.h"

namespace eq::widgets {
class ExperimentPanel;
class MessageBar;
class RunData;
class RunsPanel;
class Timeline;
class Transport;
}  // namespace eq::widgets

namespace eq::app {

class AwayBar;
class RecordedRun;
class RunController;
class SteeringLink;

/// The panels that say which run or experiment is shown; all outlive the view.
struct ViewParts {
  RunController& controller;
  widgets::RunData& data;
  widgets::ExperimentPanel& experiment;
  RecordedRun& recorded;
  widgets::Timeline& timeline;
  widgets::RunsPanel& runs;
  widgets::Transport& transport;
  widgets::MessageBar& messages;
  AwayBar& away;
  SteeringLink& steering;
};

/// Which experiment or run the window shows: tells the panels when another one is, when it begins
/// to be trained, and when it ends.
class RunView : public QObject {
  Q_OBJECT

 public:
  explicit RunView(const ViewParts& parts, QObject* parent = nullptr);

  /// One that has not been started.
  void showExperiment(const train::Experiment& experiment);
  /// A recorded run, or the one that goes on.
  void showRun(const std::filesystem::path& folder);
  /// The one that goes on.
  void comeBack();
  /// As RunRequests has them.
  std::optional<std::vector<train::Command>> edits();

 signals:
  /// Something else is shown.
  void shown(const std::string& name);
  void runShown(const std::filesystem::path& folder);
  /// What is open, and where it is kept.
  void placeChanged(const QString& text);

 private:
  void showTrained(const train::Experiment& experiment, const widgets::RunFacts& facts);
  void begin(const widgets::RunFacts& facts);
  void end(const QString& problem);
  void endAside(const std::filesystem::path& folder, const QString& problem);
  /// What can be done with the recorded run that is shown.
  void showState(const run::RunInfo& info);
  /// As its folder says. \param otherwise its state when that is gone.
  run::RunInfo infoOf(const std::filesystem::path& folder, run::RunState otherwise) const;

  ViewParts at_;
  TaskLookup lookup_;
  train::Experiment unedited_;  ///< what is in force, which the panel showed before it was edited
};

}  // namespace eq::app
