#pragma once

#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include <QObject>
#include <QString>

namespace eq::widgets {

/// Does work in a thread of its own, which is there while there is work, one piece at a time, the
/// newest that was asked for: a piece that has not begun is dropped for it, one that goes on is
/// told to end. So what is shown follows what a person chooses, and the window never waits.
class NewestWork : public QObject {
  Q_OBJECT

 public:
  /// Tells the work how far it is; \returns whether it should go on.
  using Progress = std::function<bool(int done, int all)>;
  /// What is done with the outcome, in the thread that this lives in.
  using Done = std::function<void()>;
  /// In the other thread. What it throws as Error is told by failed().
  using Work = std::function<Done(const Progress& progress)>;

  using QObject::QObject;
  /// Waits for the work that goes on, which has been told to end.
  ~NewestWork() override;

  void ask(Work work);
  /// Whether something that was asked for is not done yet.
  bool isBusy() const { return asked_ != answered_; }

 signals:
  /// A few times a second at most.
  void progressed(int done, int all);
  /// Not where newer work was asked for meanwhile.
  void failed(const QString& problem);
  /// After it was done or has failed.
  void ended();

 private:
  void run(const std::stop_token& token);
  Done outcomeOf(const Work& work, int ticket, const std::stop_token& token);
  /// In the thread that this lives in, unless newer work was asked for by then.
  void tell(int ticket, bool ends, Done done);
  bool isNewest(int ticket);

  int asked_ = 0, answered_ = 0;
  std::mutex mutex_;
  Work work_;             ///< under the mutex, as the next one
  int ticket_ = 0;        ///< of the newest
  bool working_ = false;  ///< under the mutex: the thread will look for more
  std::jthread thread_;   ///< last: it must end before what it uses
};

}  // namespace eq::widgets
