#include "app/run_view.h"

#include "app/away_bar.h"
#include "app/experiment_link.h"
#include "app/recorded_run.h"
#include "app/run_controller.h"
#include "app/steering_link.h"
#include "core/base/error.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/timeline.h"
#include "widgets/session/run_data.h"
#include "widgets/session/run_words.h"
#include "widgets/session/transport.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;

namespace {

QString placeText(const std::filesystem::path& folder) {
  return shownName(folder.string());
}

QString titleOf(const run::RunInfo& info) {
  return shortName(QString::fromStdString(info.shown()));
}

/// However they are written.
bool isSame(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code ignored;
  return one == other || std::filesystem::equivalent(one, other, ignored);
}

}  // namespace

RunView::RunView(const ViewParts& parts, QObject* parent)
    : QObject(parent), at_(parts), lookup_(parts.experiment) {
  connect(&at_.controller, &RunController::opened, this, &RunView::begin);
  connect(&at_.controller, &RunController::ended, this, &RunView::end);
  connect(&at_.controller, &RunController::endedAside, this, &RunView::endAside);
  connect(&at_.controller, &RunController::presentChanged, this, &RunView::showState);
  connect(&at_.away, &AwayBar::backRequested, this, &RunView::comeBack);
  connect(&at_.experiment, &ExperimentPanel::experimentEdited, this,
          [this](const train::Experiment& before) {
            const auto& now = at_.experiment.experiment();
            if (now.tasks.empty() || now.data != before.data || now.seed != before.seed)
              lookup_.ask(now);
          });
}

std::optional<std::vector<train::Command>> RunView::edits() {
  if (at_.recorded.isOpen()) return std::vector<train::Command>();  // it is locked
  return editsSince(unedited_, at_.experiment, at_.messages);
}

void RunView::showExperiment(const train::Experiment& experiment) {
  at_.recorded.close();
  at_.steering.leave();
  at_.experiment.open(experiment);
  at_.data.start(experiment, {});
  at_.transport.setStartable(true);
  at_.transport.showPrepared();
  at_.messages.clear();
  emit placeChanged(
      tr("Not started yet. Runs go to %1").arg(placeText(at_.controller.workspace())));
  emit shown(experiment.name);
  lookup_.ask(experiment);
}

void RunView::showRun(const std::filesystem::path& folder) {
  const bool trained = isSame(folder, at_.controller.training());
  if (trained && at_.controller.away()) return comeBack();
  if (trained) return emit shown(at_.data.experiment().name);
  // What is half typed belongs to the run that goes on.
  if (at_.controller.active() && !settle(at_.experiment, at_.messages)) return;
  const bool wasRecorded = at_.recorded.isOpen();
  at_.recorded.close();  // the data are another run's in a moment
  if (!at_.controller.view(folder)) return wasRecorded ? at_.recorded.reopen() : void();
  at_.messages.clear();
  at_.experiment.setRunning(false);
  at_.timeline.setRunning(false);
  at_.recorded.open(shownName(folder.filename().string()));
  unedited_ = at_.recorded.asEnded();
  lockPanel(at_.experiment, at_.controller);
  at_.transport.setStartable(true);
  showState(infoOf(folder, at_.data.finished() ? run::RunState::finished : run::RunState::stopped));
  emit placeChanged(tr("A recorded run, in %1").arg(placeText(folder)));
  emit shown(at_.data.experiment().name);
  emit runShown(folder);
}

void RunView::showState(const run::RunInfo& info) {
  at_.recorded.refresh();
  at_.steering.show(info);
  if (!at_.controller.away()) return at_.transport.showRecorded(info);
  const auto training = infoOf(at_.controller.training(), run::RunState::running);
  at_.away.show(tr("%1, %2").arg(titleOf(info), progressText(info)), titleOf(training));
  at_.transport.showAside(titleOf(training));
}

run::RunInfo RunView::infoOf(const std::filesystem::path& folder, run::RunState otherwise) const {
  try {
    return run::RunReader(folder).info();
  } catch (const Error&) {  // what is shown of it stays
    run::RunInfo info;
    info.folder = folder;
    info.name = folder.filename().string();
    info.state = otherwise;
    const auto& steps = at_.data.x(XUnit::step);
    info.steps = steps.empty() ? 0 : static_cast<std::int64_t>(steps.back());
    info.totalSteps = info.steps;
    return info;
  }
}

void RunView::comeBack() {
  at_.recorded.close();
  at_.controller.comeBack();
  at_.messages.clear();
  at_.transport.showAside({});
  showTrained(at_.controller.inForce(), at_.controller.facts());
}

void RunView::begin(const RunFacts& facts) {
  at_.recorded.close();
  at_.messages.clear();
  at_.transport.open(facts);
  at_.runs.setTraining(facts.folder);
  at_.runs.refresh();
  showTrained(facts.experiment, facts);
}

void RunView::showTrained(const train::Experiment& experiment, const RunFacts& facts) {
  at_.away.hide();
  at_.steering.leave();
  at_.experiment.open(experiment, facts.tasks, facts.classCounts);
  at_.experiment.setRunning(true);
  lockPanel(at_.experiment, at_.controller);
  at_.timeline.setRunning(true);
  emit shown(experiment.name);
  emit placeChanged(tr("%1 parameters, %2 of them shared. Recorded in %3")
                        .arg(countText(facts.parameters), countText(facts.sharedParameters),
                             placeText(at_.controller.present())));
}

void RunView::end(const QString& problem) {
  if (at_.experiment.running()) unedited_ = at_.experiment.experiment();  // it did begin
  at_.experiment.setRunning(false);
  at_.timeline.setRunning(false);
  at_.transport.setStartable(true);
  at_.runs.setTraining({});
  at_.runs.refresh();
  const auto& folder = at_.controller.present();
  if (!folder.empty())
    showState(infoOf(folder, !problem.isEmpty()    ? run::RunState::failed
                             : at_.data.finished() ? run::RunState::finished
                                                   : run::RunState::stopped));
  if (!problem.isEmpty()) return at_.messages.showError(problem);
  at_.messages.clearNote();
  emit placeChanged(tr("The run ended and is kept in %1").arg(placeText(folder)));
}

void RunView::endAside(const std::filesystem::path& folder, const QString& problem) {
  const auto info = infoOf(folder, run::RunState::stopped);
  at_.away.hide();
  at_.transport.showAside({});
  at_.runs.setTraining({});
  at_.runs.refresh();
  lockPanel(at_.experiment, at_.controller);
  showState(infoOf(at_.controller.present(), run::RunState::stopped));
  if (!problem.isEmpty())
    return at_.messages.showError(tr("%1, which was trained: %2").arg(titleOf(info), problem));
  at_.messages.showNote(tr("%1, which was trained, is %2.").arg(titleOf(info), progressText(info)),
                        tr("Show it"), [this, folder] { showRun(folder); });
}

}  // namespace eq::app
