#include "widgets/session/transport.h"

#include <unistd.h>

#include <cmath>

#include <QAction>
#include <QEvent>
#include <QFile>
#include <QLabel>
#include <QLocale>
#include <QProgressBar>

#include "widgets/style/icons.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr qint64 kMarkEvery = 500, kRateOver = 10000;  // ms

/// Resident memory of the program in MiB; 0 where the system does not say.
double residentMebibytes() {
  QFile file("/proc/self/statm");
  if (!file.open(QIODevice::ReadOnly)) return 0;
  const auto fields = file.readAll().split(' ');
  const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return fields.size() > 1 ? fields[1].toDouble() * page / (1024 * 1024) : 0;
}

}  // namespace

QString durationText(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return Transport::tr("unknown");
  const auto whole = static_cast<qint64>(std::llround(seconds));
  if (whole < 60) return Transport::tr("%1 s").arg(whole);
  if (whole < 3600) return Transport::tr("%1 min %2 s").arg(whole / 60).arg(whole % 60);
  return Transport::tr("%1 h %2 min").arg(whole / 3600).arg(whole / 60 % 60, 2, 10, QChar('0'));
}

QString stepsText(std::int64_t steps) {
  return steps == 1 ? Transport::tr("1 step") : Transport::tr("%1 steps").arg(countText(steps));
}

Transport::Transport(QWidget* parent) : QToolBar(tr("Transport"), parent) {
  setObjectName("transport");
  setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  start_ = add(tr("Start"), Qt::CTRL | Qt::Key_Return, tr("Start the experiment"));
  pause_ = add(tr("Pause"), Qt::CTRL | Qt::Key_P,
               tr("Pause after the present step; go on with the same key"));
  step_ = add(tr("Step"), Qt::Key_F10, tr("One update, while paused"));
  stop_ = add(tr("Stop"), Qt::CTRL | Qt::SHIFT | Qt::Key_P,
              tr("Evaluate, write a checkpoint and end the run; it can be resumed"));
  addSeparator();
  fork_ = add(tr("Fork"), Qt::CTRL | Qt::Key_K,
              tr("A new run that starts as a copy of this one at its present step"));
  checkpoint_ = add(tr("Checkpoint"), Qt::CTRL | Qt::SHIFT | Qt::Key_S,
                    tr("Write a checkpoint of the present step"));
  addSeparator();
  progress_ = new QProgressBar(this);
  progress_->setMaximumWidth(180);
  progress_->setMinimumWidth(110);
  progress_->setRange(0, 1000);
  progress_->setValue(0);
  progress_->setAccessibleName(tr("Progress of the run"));
  progressPlace_ = addWidget(progress_);
  progressPlace_->setVisible(false);
  facts_ = new QLabel(this);
  facts_->setTextFormat(Qt::PlainText);
  facts_->setContentsMargins(8, 0, 8, 0);
  addWidget(facts_);

  connect(start_, &QAction::triggered, this, &Transport::startRequested);
  connect(pause_, &QAction::triggered, this, [this] {
    if (state_ == SessionState::paused)
      emit resumeRequested();
    else
      emit pauseRequested();
  });
  connect(step_, &QAction::triggered, this, &Transport::stepRequested);
  connect(stop_, &QAction::triggered, this, &Transport::stopRequested);
  connect(fork_, &QAction::triggered, this, &Transport::forkRequested);
  connect(checkpoint_, &QAction::triggered, this, &Transport::checkpointRequested);
  showIcons();
  showProgress();
}

QAction* Transport::add(const QString& text, const QKeySequence& shortcut, const QString& help) {
  auto* action = addAction(text);
  action->setShortcut(shortcut);
  action->setToolTip(QString("%1 (%2)").arg(help, shortcut.toString(QKeySequence::NativeText)));
  action->setStatusTip(help);
  ordered_ << action;
  return action;
}

void Transport::showIcons() {
  start_->setIcon(glyphIcon(Glyph::play, palette()));
  pauseIcon_ = glyphIcon(Glyph::pause, palette());
  step_->setIcon(glyphIcon(Glyph::step, palette()));
  stop_->setIcon(glyphIcon(Glyph::stop, palette()));
  fork_->setIcon(glyphIcon(Glyph::fork, palette()));
  checkpoint_->setIcon(glyphIcon(Glyph::save, palette()));
  updateActions();
}

void Transport::changeEvent(QEvent* event) {
  QToolBar::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && checkpoint_) showIcons();
}

void Transport::setState(SessionState state) {
  state_ = state;
  clock_.restart();
  marks_ = {{0, last_.step}};
  updateActions();
  showProgress();
}

void Transport::setStartable(bool startable) {
  startable_ = startable;
  updateActions();
}

void Transport::updateActions() {
  const bool running = state_ == SessionState::running;
  const bool paused = state_ == SessionState::paused;
  start_->setEnabled(state_ == SessionState::idle && startable_);
  pause_->setEnabled(running || paused);
  pause_->setText(paused ? tr("Go on") : tr("Pause"));
  pause_->setIcon(paused ? start_->icon() : pauseIcon_);
  step_->setEnabled(paused);
  stop_->setEnabled(running || paused || state_ == SessionState::preparing);
  fork_->setEnabled(running || paused);
  checkpoint_->setEnabled(running || paused);
}

void Transport::open(const RunFacts& facts) {
  progressPlace_->setVisible(true);
  run_ = facts;
  run_.past = {};
  last_ = {};
  if (!facts.past.steps.empty()) last_ = facts.past.steps.back();
  last_.step = facts.steps;
  rate_ = 0;
  clock_.start();
  marks_ = {{0, last_.step}};
  showProgress();
}

void Transport::showPrepared() {
  progressPlace_->setVisible(false);
  run_ = {};
  last_ = {};
  showProgress();
}

void Transport::showRecorded(std::int64_t steps, bool finished) {
  progressPlace_->setVisible(false);
  run_ = {};
  facts_->setText(
      finished
          ? tr("A finished run of %1").arg(stepsText(steps))
          : tr("A recorded run of %1; Resume in the table goes on with it").arg(stepsText(steps)));
}

void Transport::append(const run::Records& records) {
  if (records.steps.empty()) return;
  last_ = records.steps.back();
  measureRate();
  showProgress();
}

/// Over the last seconds, so that an evaluation in between does not make the time left jump.
void Transport::measureRate() {
  const Mark now{clock_.elapsed(), last_.step};
  if (now.milliseconds - marks_.back().milliseconds < kMarkEvery) return;
  marks_.push_back(now);
  while (marks_.size() > 2 && now.milliseconds - marks_[1].milliseconds >= kRateOver)
    marks_.pop_front();
  rate_ = static_cast<double>(now.step - marks_.front().step) * 1000 /
          static_cast<double>(now.milliseconds - marks_.front().milliseconds);
}

void Transport::showProgress() {
  const auto total = static_cast<double>(std::max<std::int64_t>(run_.totalSteps, 1));
  const double epochs = total / static_cast<double>(std::max<std::int64_t>(run_.stepsPerEpoch, 1));
  progress_->setValue(static_cast<int>(1000 * static_cast<double>(last_.step) / total));
  const auto count = [&](double value) {
    return QLocale().toString(value, 'f', epochs >= 100 ? 0 : 1);
  };
  progress_->setFormat(tr("epoch %1 of %2").arg(count(last_.epoch), count(epochs)));
  QStringList parts;
  parts << tr("step %1").arg(countText(last_.step));
  if (state_ == SessionState::running && rate_ > 0) {
    parts << tr("%1 steps/s").arg(rate_, 0, 'g', 3);
    parts << tr("%1 left").arg(durationText((total - static_cast<double>(last_.step)) / rate_));
  }
  if (state_ == SessionState::paused) parts << tr("paused");
  if (state_ == SessionState::preparing) parts << tr("preparing");
  if (state_ == SessionState::closing) parts << tr("closing");
  parts << QString::fromStdString(run_.experiment.device);
  if (const double memory = residentMebibytes(); memory > 0)
    parts << tr("%1 MiB").arg(memory, 0, 'f', 0);
  facts_->setText(run_.folder.empty() && state_ == SessionState::idle ? tr("No run yet")
                                                                      : parts.join(" · "));
}

}  // namespace eq::widgets
