#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include <QObject>

#include "core/run/run_folder.h"
#include "widgets/session/session.h"

namespace eq::widgets {
class RunData;
class RunFollower;
}  // namespace eq::widgets

namespace eq::app {

class ScriptGate;

/// Which run the window has to do with: starts, resumes and forks runs of one workspace in the
/// session, one at a time, and shows recorded ones, also while another is trained: what that
/// records is collected meanwhile. A recorded run that another process trains grows as it is shown.
class RunController : public QObject {
  Q_OBJECT

 public:
  /// \param data what is shown; outlives the controller. \param gate so does it; asks before files
  /// of losses that are programs run.
  RunController(widgets::RunData& data, ScriptGate& gate, const std::filesystem::path& workspace,
                widgets::Session::JobFactory factory, QObject* parent = nullptr);

  widgets::Session& session() const { return *session_; }
  bool active() const { return session_->active(); }
  const std::filesystem::path& workspace() const { return workspace_; }
  /// Folder of the run that is shown; empty without one.
  const std::filesystem::path& present() const { return present_; }
  /// Folder of the run that goes on; empty without one.
  std::filesystem::path training() const {
    return active() ? facts_.folder : std::filesystem::path();
  }
  /// What the run that goes on was begun with, without its past.
  const widgets::RunFacts& facts() const { return facts_; }
  /// Whether a recorded run is shown while another goes on.
  bool away() const { return away_; }
  /// The experiment of the session's run, commands applied.
  const train::Experiment& inForce() const { return inForce_; }

  /// \param paused without a step yet.
  void start(const train::Experiment& experiment, bool paused = false);
  /// \param commands take effect before the first step, of here and below.
  void resume(const std::filesystem::path& folder, const run::Changes& changes = {},
              bool paused = false, const std::vector<train::Command>& commands = {});
  /// At the checkpoint of `step`, paused. Stops the run that is going on, with its checkpoint: who
  /// calls has asked.
  void fork(const std::filesystem::path& folder, std::int64_t step,
            const run::Changes& changes = {}, const std::vector<train::Command>& commands = {});
  /// The run that is going on, at the step where it stands.
  void forkPresent(const run::Changes& changes = {});
  /// To the run that goes on; a refusal at the gate is told by commandDeclined(), one a command.
  void send(const std::vector<train::Command>& commands);
  /// Shows a recorded run. \returns whether that went well.
  bool view(const std::filesystem::path& folder);
  /// Shows the run that goes on again. \pre away().
  void comeBack();
  /// Forgets the present run; says so and refuses while one is going on.
  bool leave();
  /// Ends the run that is going on, then does `next`.
  void stopThen(std::function<void()> next);

 signals:
  /// The present run has changed to one that is going on.
  void opened(const eq::widgets::RunFacts& facts);
  /// The session's run, which is shown, has ended; `problem` is empty when all went well.
  void ended(const QString& problem);
  /// It has ended while another was shown.
  void endedAside(const std::filesystem::path& folder, const QString& problem);
  /// A recorded run is shown while another goes on; or no longer, and it goes on.
  void awayChanged(bool away);
  /// The recorded run that is shown has grown, or its state is another.
  void presentChanged(const eq::run::RunInfo& info);
  void commandDeclined();
  void noteGiven(const QString& text);
  void problemMet(const QString& text);

 private:
  void begin(const widgets::StartRequest& request, bool paused = false);
  void take(const widgets::RunFacts& facts);
  void finish(const QString& problem);
  void followEnded();
  /// Of the run that goes on.
  widgets::RunData& live() { return away_ ? *kept_ : data_; }

  widgets::RunData& data_;
  ScriptGate& gate_;
  std::filesystem::path workspace_, present_;
  widgets::RunFacts facts_;
  widgets::RunData* kept_;  ///< of the run that goes on while another is shown
  widgets::RunFollower* follower_;
  bool away_ = false;
  train::Experiment inForce_;
  std::function<void()> afterEnd_;
  widgets::Session* session_;
};

}  // namespace eq::app
