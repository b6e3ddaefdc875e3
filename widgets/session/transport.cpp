#include "widgets/session/transport.h"

#include <unistd.h>

#include <QAction>
#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QLocale>
#include <QProgressBar>

#include "core/run/run_folder.h"
#include "widgets/session/run_words.h"
#include "widgets/style/elided_label.h"
#include "widgets/style/icons.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr double kFastest = 100000;                    // steps a second; more is no limit
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

NumberBox* makeLimitBox(QWidget* parent) {
  auto* box = new NumberBox(parent);
  box->setRange(0, kFastest);
  box->setSuffix(Transport::tr(" steps/s"));
  box->setZeroText(Transport::tr("no limit"));
  return box;
}

Transport::Transport(QWidget* parent) : QToolBar(tr("Transport"), parent) {
  setObjectName("transport");
  setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  makeActions();
  makeStatus();
  showIcons();
  showProgress();
}

void Transport::makeActions() {
  start_ = add(tr("Start"), Qt::CTRL | Qt::Key_Return, {});
  newRun_ = add(tr("New run"), Qt::CTRL | Qt::ALT | Qt::Key_Return,
                tr("Start the experiment anew, in a run of its own"));
  startPaused_ = add(tr("Start paused"), Qt::CTRL | Qt::SHIFT | Qt::Key_Return,
                     tr("As the first button, without a step yet: what it does with Shift"));
  removeAction(startPaused_);  // a menu entry and a key are enough
  pause_ = add(tr("Pause"), Qt::CTRL | Qt::Key_P,
               tr("Pause after the present step; go on with the same key"));
  step_ = add(tr("Step"), Qt::Key_F10, tr("One update, while paused"));
  stop_ = add(tr("Stop"), Qt::CTRL | Qt::SHIFT | Qt::Key_P,
              tr("Evaluate, write a checkpoint and end the run; it can be resumed"));
  addSeparator();
  fork_ = add(tr("Fork"), Qt::CTRL | Qt::Key_B,
              tr("A new run that starts as a copy of this one at its present step"));
  checkpoint_ = add(tr("Checkpoint"), Qt::CTRL | Qt::SHIFT | Qt::Key_S,
                    tr("Write a checkpoint of the present step"));
  addSeparator();
  const auto shifted = [] { return QApplication::keyboardModifiers().testFlag(Qt::ShiftModifier); };
  connect(start_, &QAction::triggered, this, [this, shifted] { begin(shifted()); });
  connect(startPaused_, &QAction::triggered, this, [this] { begin(true); });
  connect(newRun_, &QAction::triggered, this, [this, shifted] { emit startRequested(shifted()); });
  connect(pause_, &QAction::triggered, this, [this] {
    if (state_ == SessionState::stuck)
      emit retryRequested();
    else if (state_ == SessionState::paused)
      emit resumeRequested();
    else
      emit pauseRequested();
  });
  connect(step_, &QAction::triggered, this, &Transport::stepRequested);
  connect(stop_, &QAction::triggered, this, &Transport::stopRequested);
  connect(fork_, &QAction::triggered, this, &Transport::forkRequested);
  connect(checkpoint_, &QAction::triggered, this, &Transport::checkpointRequested);
}

void Transport::makeStatus() {
  limit_ = makeLimitBox(this);
  limit_->setAccessibleName(tr("Speed limit"));
  limit_->setToolTip(
      tr("At most so many steps a second, so that there is time to look and to "
         "change something; 0: as fast as it can"));
  connect(limit_, &NumberBox::valueChanged, this, &Transport::limitChanged);
  addWidget(limit_);
  progress_ = new QProgressBar(this);
  progress_->setMaximumWidth(160);
  progress_->setMinimumWidth(110);
  progress_->setRange(0, 1000);
  progress_->setValue(0);
  progress_->setAccessibleName(tr("Progress of the run"));
  progressPlace_ = addWidget(progress_);
  progressPlace_->setVisible(false);
  facts_ = new ElidedLabel(this);
  facts_->setContentsMargins(8, 0, 8, 0);
  facts_->setAccessibleName(tr("How the run goes"));
  addWidget(facts_);
}

void Transport::begin(bool paused) {
  if (begin_ == Begin::start)
    emit startRequested(paused);
  else
    emit continueRequested(paused);
}

QAction* Transport::add(const QString& text, const QKeySequence& shortcut, const QString& help) {
  auto* action = addAction(text);
  action->setShortcut(shortcut);
  explain(*action, help);
  ordered_ << action;
  return action;
}

void Transport::explain(QAction& action, const QString& help) {
  const auto key = action.shortcut().toString(QKeySequence::NativeText);
  action.setToolTip(QString("%1 (%2)").arg(help, key));
  action.setStatusTip(help);
}

void Transport::showIcons() {
  start_->setIcon(glyphIcon(Glyph::play, palette()));
  newRun_->setIcon(start_->icon());
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

void Transport::setLimit(double limit) {
  limit_->setValue(limit);
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

void Transport::setBegin(Begin begin, bool elsewhere) {
  begin_ = begin;
  elsewhere_ = elsewhere;
  updateActions();
}

void Transport::updateBegin() {
  const bool recorded = begin_ != Begin::start;
  const bool free = state_ == SessionState::idle && startable_ && begin_ != Begin::nothing;
  start_->setText(begin_ == Begin::start    ? tr("Start")
                  : begin_ == Begin::resume ? tr("Resume")
                                            : tr("Continue…"));
  explain(*start_, begin_ == Begin::start ? tr("Start the experiment; with Shift: paused")
                   : begin_ == Begin::resume
                       ? tr("Train on from the run's last checkpoint, in the same "
                            "curve; with Shift: paused")
                   : begin_ == Begin::nothing
                       ? tr("Another program made this run; it cannot be trained here")
                       : tr("Train the finished run for more epochs"));
  startPaused_->setText(recorded ? tr("Go on paused") : tr("Start paused"));
  for (auto* action : {start_, startPaused_}) action->setEnabled(free && !elsewhere_);
  newRun_->setVisible(recorded);
  newRun_->setEnabled(free && recorded);
}

void Transport::updateActions() {
  const bool running = state_ == SessionState::running;
  const bool paused = state_ == SessionState::paused;
  const bool stuck = state_ == SessionState::stuck;
  updateBegin();
  pause_->setEnabled(running || paused || stuck);
  pause_->setText(stuck ? tr("Try again") : paused ? tr("Go on") : tr("Pause"));
  pause_->setIcon(paused || stuck ? start_->icon() : pauseIcon_);
  step_->setEnabled(paused);
  stop_->setEnabled(running || paused || stuck || state_ == SessionState::preparing);
  fork_->setEnabled((running || paused) && aside_.isEmpty());
  checkpoint_->setEnabled(running || paused);
}

void Transport::open(const RunFacts& facts) {
  progressPlace_->setVisible(true);
  setBegin(Begin::start);
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
  setBegin(Begin::start);
  run_ = {};
  last_ = {};
  showProgress();
}

void Transport::showRecorded(const run::RunInfo& info) {
  progressPlace_->setVisible(false);
  setBegin(info.imported                           ? Begin::nothing
           : info.state == run::RunState::finished ? Begin::more
                                                   : Begin::resume,
           run::isHeld(info.state));
  run_ = {};
  auto text = progressText(info);
  text[0] = text[0].toUpper();
  facts_->setText(text);
}

void Transport::showAside(const QString& training) {
  aside_ = training;
  updateActions();
  showProgress();
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
  if (!aside_.isEmpty()) parts << tr("%1 is trained").arg(aside_);
  if (state_ == SessionState::paused) parts << tr("paused");
  if (state_ == SessionState::stuck) parts << tr("cannot write, waits");
  if (state_ == SessionState::preparing) parts << tr("preparing");
  if (state_ == SessionState::closing) parts << tr("closing");
  parts << tr("step %1").arg(countText(last_.step));
  if (state_ == SessionState::running && rate_ > 0) {
    parts << tr("%1 steps/s").arg(rate_, 0, 'g', 3);
    parts << tr("%1 left").arg(durationText((total - static_cast<double>(last_.step)) / rate_));
  }
  parts << QString::fromStdString(run_.experiment.device);
  if (const double memory = residentMebibytes(); memory > 0)
    parts << tr("%1 MiB").arg(memory, 0, 'f', 0);
  facts_->setText(run_.folder.empty() && state_ == SessionState::idle ? tr("No run yet")
                                                                      : parts.join(" · "));
}

}  // namespace eq::widgets
