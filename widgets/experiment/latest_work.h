#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include <QObject>

namespace eq::widgets {

/// Does one piece of work at a time in a thread of its own. Of those that wait only the newest is
/// done, and only the newest answers. Deleting it waits for the work that is going on.
class LatestWork : public QObject {
  Q_OBJECT

 public:
  using Answer = std::function<void()>;
  using Work = std::function<Answer()>;

  explicit LatestWork(QObject* parent = nullptr);
  ~LatestWork() override;

  /// \param work runs in the other thread and throws nothing; its answer is called in this one,
  /// unless something else was asked for in between.
  void ask(Work work);
  /// No answer comes any more from what was asked for.
  void forget();
  bool busy() const { return asked_ != answered_; }

 signals:
  /// Nothing is going on any more.
  void idle();

 private:
  void serve(const std::stop_token& stop);
  void take(std::uint64_t number, const Answer& answer);

  std::mutex mutex_;
  std::condition_variable_any wake_;
  Work next_;  ///< guarded by mutex_, like its number
  std::uint64_t nextNumber_ = 0;
  std::uint64_t asked_ = 0;     ///< the newest
  std::uint64_t wanted_ = 0;    ///< whose answer counts; 0: none
  std::uint64_t answered_ = 0;  ///< the newest that is done
  std::jthread thread_;
};

}  // namespace eq::widgets
