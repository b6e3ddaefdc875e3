#pragma once

#include <deque>

#include <QElapsedTimer>
#include <QIcon>
#include <QToolBar>

#include "widgets/session/session.h"

class QProgressBar;

namespace eq::run {
struct RunInfo;
}

namespace eq::widgets {

class ElidedLabel;
class NumberBox;

/// A field for steps a second; 0 reads "no limit".
NumberBox* makeLimitBox(QWidget* parent);

/// Start, Pause, Step, Stop, Fork, Checkpoint, a speed limit, and how the run goes: steps a second,
/// epoch, time left, device, memory. The first button begins what there is to begin: Start, Resume,
/// or Continue beyond the end. Owns its actions; says what the user wants and leaves the doing to
/// the window.
class Transport : public QToolBar {
  Q_OBJECT

 public:
  explicit Transport(QWidget* parent = nullptr);

  void setState(SessionState state);
  /// Steps a second; 0: no limit.
  void setLimit(double limit);
  /// Whether there is an experiment that could be started.
  void setStartable(bool startable);
  void open(const RunFacts& facts);
  /// An experiment stands there that has not been started.
  void showPrepared();
  /// A recorded run is looked at: it can be resumed, continued or begun anew, unless another
  /// process trains it.
  void showRecorded(const run::RunInfo& info);
  /// A recorded run is shown while the one that goes on, called so, is trained; empty: no longer.
  void showAside(const QString& training);
  void append(const run::Records& records);
  const QList<QAction*>& actionsInOrder() const { return ordered_; }

 signals:
  /// The experiment, from its beginning. \param paused without a step yet: with Shift.
  void startRequested(bool paused);
  /// The recorded run, from its end.
  void continueRequested(bool paused);
  void pauseRequested();
  void resumeRequested();
  /// While the run's folder cannot be written.
  void retryRequested();
  /// Steps a second; 0: no limit.
  void limitChanged(double limit);
  void stepRequested();
  void stopRequested();
  void forkRequested();
  void checkpointRequested();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  /// What the first button does.
  enum class Begin { start, resume, more, nothing };

  void makeActions();
  void makeStatus();
  QAction* add(const QString& text, const QKeySequence& shortcut, const QString& help);
  static void explain(QAction& action, const QString& help);
  void begin(bool paused);
  void setBegin(Begin begin, bool elsewhere = false);
  void updateBegin();
  void showIcons();
  void updateActions();
  void showProgress();
  void measureRate();

  SessionState state_ = SessionState::idle;
  bool startable_ = false;
  Begin begin_ = Begin::start;
  bool elsewhere_ = false;  ///< another process trains the recorded run
  QList<QAction*> ordered_;
  QAction *start_, *startPaused_, *newRun_, *pause_, *step_, *stop_, *fork_, *checkpoint_ = nullptr;
  QIcon pauseIcon_;  ///< kept: each new icon is cached by Qt for itself
  QString aside_;
  QProgressBar* progress_;
  QAction* progressPlace_;  ///< in the tool bar; hidden before the first run
  NumberBox* limit_;
  ElidedLabel* facts_;
  RunFacts run_;
  train::StepRecord last_;
  struct Mark {
    qint64 milliseconds;
    std::int64_t step;
  };
  QElapsedTimer clock_;     ///< since the run last went on
  std::deque<Mark> marks_;  ///< of the last seconds, for the rate
  double rate_ = 0;         ///< steps a second
};

}  // namespace eq::widgets
