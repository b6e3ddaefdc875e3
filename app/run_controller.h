#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include <QObject>

#include "widgets/session/session.h"

namespace eq::widgets {
class RunData;
}

namespace eq::app {

class ScriptGate;

/// Which run the window has to do with: starts, resumes and forks runs of one workspace in the
/// session, one at a time, and shows finished ones.
class RunController : public QObject {
  Q_OBJECT

 public:
  /// \param data what is shown; outlives the controller. \param gate so does it; asks before files
  /// of losses that are programs run.
  RunController(widgets::RunData& data, ScriptGate& gate, const std::filesystem::path& workspace,
                widgets::Session::JobFactory factory, QObject* parent = nullptr);

  widgets::Session& session() { return *session_; }
  bool active() const { return session_->active(); }
  const std::filesystem::path& workspace() const { return workspace_; }
  /// Folder of the run that is shown; empty without one.
  const std::filesystem::path& present() const { return present_; }
  /// The experiment of the session's run, commands applied.
  const train::Experiment& inForce() const { return inForce_; }

  void start(const train::Experiment& experiment);
  void resume(const std::filesystem::path& folder);
  /// At the checkpoint of `step`, paused. Stops the run that is going on, with its checkpoint.
  void fork(const std::filesystem::path& folder, std::int64_t step);
  void forkLatest(const std::filesystem::path& folder);
  /// The run that is going on, at the step where it stands.
  void forkPresent();
  /// To the run that goes on; a refusal at the gate is told by commandDeclined(), one a command.
  void send(const std::vector<train::Command>& commands);
  /// Shows a recorded run. \returns whether that went well.
  bool view(const std::filesystem::path& folder);
  /// Forgets the present run; says so and refuses while one is going on.
  bool leave();
  /// Ends the run that is going on, then does `next`.
  void stopThen(std::function<void()> next);

 signals:
  /// The present run has changed to one that is going on.
  void opened(const eq::widgets::RunFacts& facts);
  /// The session's run has ended; `problem` is empty when all went well.
  void ended(const QString& problem);
  void commandDeclined();
  void noteGiven(const QString& text);
  void problemMet(const QString& text);

 private:
  void begin(const widgets::StartRequest& request, bool paused = false);

  widgets::RunData& data_;
  ScriptGate& gate_;
  std::filesystem::path workspace_, present_;
  train::Experiment inForce_;
  std::function<void()> afterEnd_;
  widgets::Session* session_;
};

}  // namespace eq::app
