#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

#include <QObject>
#include <QString>

#include "widgets/session/job.h"

namespace eq::widgets {

enum class SessionState {
  idle,       ///< nothing is trained
  preparing,  ///< data and model are loaded
  running,
  paused,
  closing  ///< the last evaluation and checkpoint
};

/// Trains one run at a time in a thread of its own, and is the only class that knows both threads.
///
/// Requests return at once; they take effect between two steps. All signals are emitted in the
/// thread that the session lives in, at most one batch of records waits. An exception in the
/// training thread ends the run as failed, never the program.
class Session : public QObject {
  Q_OBJECT

 public:
  using JobFactory = std::function<std::unique_ptr<Job>(const StartRequest&)>;

  explicit Session(QObject* parent = nullptr, JobFactory factory = makeRunnerJob);
  /// Stops the run at the next step, with its checkpoint, and waits for that.
  ~Session() override;

  SessionState state() const { return state_; }
  bool active() const { return state_ != SessionState::idle; }

  /// \pre not active(). \param paused do not begin to step yet.
  void start(const StartRequest& request, bool paused = false);
  void pause();
  void resume();
  /// While paused: this many updates.
  void stepOnce(int count = 1);
  /// Evaluates, checkpoints, ends.
  void stop();
  void checkpoint();
  /// Answered by experimentChanged() or commandRefused(), at the latest before ended().
  void send(const train::Command& command);
  /// Answers with examplesArrived() at once, and then once a second while the run moves, until it
  /// is told otherwise; nothing: no more. Holds for the present run and those that follow.
  void watchExamples(const std::optional<train::ExampleRequest>& request);
  /// Answers with picturesArrived().
  void askPictures(const std::vector<std::int64_t>& examples);

 signals:
  void stateChanged(eq::widgets::SessionState state);
  /// The run stands: before its first records.
  void opened(const eq::widgets::RunFacts& facts);
  void recordsArrived(const eq::run::Records& records);
  /// After a command took effect.
  void experimentChanged(const eq::train::Experiment& experiment);
  void commandRefused(const eq::train::Command& command, const QString& reason);
  void checkpointed(const QString& file);
  void examplesArrived(const eq::train::ExampleView& view);
  /// They are watched no more.
  void examplesRefused(const QString& reason);
  void picturesArrived(const std::vector<eq::train::ExamplePicture>& pictures);
  /// The thread is done with the run. \param problem why it failed; empty when it did not.
  void ended(const QString& problem);

 private:
  struct Refused {
    train::Command command;
    std::string reason;
  };
  struct Checkpointed {
    std::string file;
  };
  struct Ended {
    std::string problem;
  };
  struct ExamplesRefused {
    std::string reason;
  };
  using Pictures = std::vector<train::ExamplePicture>;
  using Message = std::variant<RunFacts, SessionState, run::Records, train::Experiment, Refused,
                               Checkpointed, Ended, train::ExampleView, ExamplesRefused, Pictures>;

  /// What the window asks for; guarded by inboxMutex_.
  struct Inbox {
    std::vector<train::Command> commands;
    bool paused = false;
    int steps = 0;  ///< still to do while paused
    bool checkpoint = false;
    bool stop = false;
    std::optional<train::ExampleRequest> watched;
    bool look = false;  ///< at once
    std::vector<std::int64_t> pictures;
  };

  void train(const std::stop_token& token, const StartRequest& request);
  void loop(const std::stop_token& token, Job& job);
  void applyAll(Job& job, const std::vector<train::Command>& commands);
  void ask(const std::function<void(Inbox&)>& change);
  void post(Message message);
  void postRecords(Job& job);
  void postExamples(const Job& job, const Inbox& taken);
  void deliver();
  void dispatch(const Message& message);
  void refuseLate();
  void setState(SessionState state);

  JobFactory factory_;
  SessionState state_ = SessionState::idle;

  std::mutex inboxMutex_;
  std::condition_variable_any inboxChanged_;
  Inbox inbox_;

  std::mutex outboxMutex_;
  std::vector<Message> outbox_;

  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
