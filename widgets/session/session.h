#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <QObject>
#include <QString>

#include "widgets/session/deliveries.h"
#include "widgets/session/training_loop.h"

namespace eq::widgets {

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
  /// Evaluates, checkpoints, ends. While stuck: ends as failed, without what is not written.
  void stop();
  /// At most so many updates a second; 0: as many as it can. Holds for this run and later ones.
  void setLimit(double stepsPerSecond);
  /// While stuck: tries to write again.
  void retry();
  /// While stuck: goes on in a new folder below `workspace`. Answered by moved() or stuck().
  void moveTo(const std::filesystem::path& workspace);
  /// As the destructor, but tells what there is to tell: the program is ended from outside.
  void finish();
  void checkpoint();
  /// Answered by experimentChanged() or commandRefused(), at the latest before ended().
  void send(const train::Command& command);
  /// Answers with examplesArrived() at once, and then once a second while the run moves, until it
  /// is told otherwise; nothing: no more. Holds for the present run and those that follow.
  void watchExamples(const std::optional<train::ExampleRequest>& request);
  /// Answers with picturesArrived().
  void askPictures(const std::vector<std::int64_t>& examples);
  /// Answers with predictionsArrived() at once, and then once a second at most while the run moves,
  /// until it is told otherwise; nothing: no more. Holds for the present run and those that follow.
  void watchPredictions(const std::optional<train::PredictionRequest>& request);
  /// The same of a front that is trained: answers with frontArrived(); of requests that wait the
  /// newest alone is answered.
  void watchFront(const std::optional<train::FrontLookRequest>& request);

 signals:
  void stateChanged(eq::widgets::SessionState state);
  /// While a fork is prepared: it makes this step of its parent again; a few times a second. stop()
  /// ends that, and nothing was made.
  void replayed(qint64 step, qint64 last);
  /// The run stands: before its first records.
  void opened(const eq::widgets::RunFacts& facts);
  void recordsArrived(const eq::run::Records& records);
  /// After a command took effect.
  void experimentChanged(const eq::train::Experiment& experiment);
  void commandRefused(const eq::train::Command& command, const QString& reason);
  void checkpointed(const QString& file);
  /// The run's folder cannot be written. Nothing is lost yet: retry(), moveTo() or stop().
  void stuck(const QString& problem);
  /// It goes on in another folder.
  void moved(const std::filesystem::path& folder);
  void examplesArrived(const eq::train::ExampleView& view);
  /// They are watched no more.
  void examplesRefused(const QString& reason);
  void picturesArrived(const std::vector<eq::train::ExamplePicture>& pictures);
  void predictionsArrived(const eq::train::PredictionPage& page);
  /// They are watched no more.
  void predictionsRefused(const QString& reason);
  void frontArrived(const eq::train::FrontLook& look);
  /// It is watched no more.
  void frontRefused(const QString& reason);
  /// The thread is done with the run. \param problem why it failed; empty when it did not.
  void ended(const QString& problem);

 private:
  void train(const std::stop_token& token, const StartRequest& request);
  /// While a fork makes steps again, which may take minutes. \throws Error when it is to end.
  void requireWanted(const std::stop_token& token);
  void post(Told message);
  void deliver();
  void dispatch(const Told& message);
  void refuseLate();
  void setState(SessionState state);

  JobFactory factory_;
  SessionState state_ = SessionState::idle;

  Mailbox mailbox_;

  Deliveries deliveries_;
  std::mutex outboxMutex_;
  std::vector<Told> outbox_;

  std::jthread thread_;  ///< last: it must end before what it uses
};

}  // namespace eq::widgets
