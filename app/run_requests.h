#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include <QObject>

#include "core/run/run_folder.h"
#include "core/train/command.h"

class QWidget;

namespace eq::app {

class RunController;

/// Resumes and forks runs as a person asks for it: with a question where something is not known, a
/// name or how far it should go, or where a run that goes on would end for it.
class RunRequests : public QObject {
  Q_OBJECT

 public:
  /// What was changed in the panel since the run that is shown ended, as commands; nothing when it
  /// cannot be changed in a run, which is then said.
  using Edits = std::function<std::optional<std::vector<train::Command>>()>;

  /// Both outlive it.
  RunRequests(QWidget& window, RunController& controller, Edits edits);

  /// From its last checkpoint; a finished run for more epochs. \param paused without a step yet.
  void resume(const std::filesystem::path& folder, bool paused = false);
  /// \param step proposed; another one can be typed.
  void fork(const std::filesystem::path& folder, std::int64_t step);
  /// Without what was changed at a step: from the one before it.
  void forkWithout(const std::filesystem::path& folder, std::int64_t step);
  /// At its last checkpoint.
  void forkLatest(const std::filesystem::path& folder);
  /// The run that goes on, at the step where it stands.
  void forkPresent();

 signals:
  void problemMet(const QString& text);

 private:
  /// \param info of the run. \param step where the fork begins; -1: where it stands.
  /// \param remark what is said beside.
  void askToFork(const run::RunInfo& info, std::int64_t step, const QString& remark);

  /// Of a run that is resumed or forked: nothing was edited of one that is not shown.
  std::optional<std::vector<train::Command>> editsOf(const std::filesystem::path& folder) const;

  QWidget& window_;
  RunController& controller_;
  Edits edits_;
};

}  // namespace eq::app
