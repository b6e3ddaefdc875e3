#pragma once

#include <deque>

#include <QElapsedTimer>
#include <QIcon>
#include <QToolBar>

#include "widgets/session/session.h"

class QLabel;
class QProgressBar;

namespace eq::widgets {

/// Start, Pause, Step, Stop, Fork, Checkpoint, and how the run goes: steps a second, epoch, time
/// left, device, memory. Owns its actions; says what the user wants and leaves the doing to the
/// window.
class Transport : public QToolBar {
  Q_OBJECT

 public:
  explicit Transport(QWidget* parent = nullptr);

  void setState(SessionState state);
  /// Whether there is an experiment that could be started.
  void setStartable(bool startable);
  void open(const RunFacts& facts);
  /// An experiment stands there that has not been started.
  void showPrepared();
  /// A recorded run is looked at; it does not go on. \param steps that it has.
  void showRecorded(std::int64_t steps, bool finished);
  void append(const run::Records& records);
  const QList<QAction*>& actionsInOrder() const { return ordered_; }

 signals:
  void startRequested();
  void pauseRequested();
  void resumeRequested();
  void stepRequested();
  void stopRequested();
  void forkRequested();
  void checkpointRequested();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QAction* add(const QString& text, const QKeySequence& shortcut, const QString& help);
  void showIcons();
  void updateActions();
  void showProgress();
  void measureRate();

  SessionState state_ = SessionState::idle;
  bool startable_ = false;
  QList<QAction*> ordered_;
  QAction *start_, *pause_, *step_, *stop_, *fork_, *checkpoint_ = nullptr;
  QIcon pauseIcon_;  ///< kept: each new icon is cached by Qt for itself
  QProgressBar* progress_;
  QAction* progressPlace_;  ///< in the tool bar; hidden before the first run
  QLabel* facts_;
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

/// "3 min 20 s", "12 s", "2 h 05 min".
QString durationText(double seconds);

/// "1 step", "12,000 steps".
QString stepsText(std::int64_t steps);

}  // namespace eq::widgets
