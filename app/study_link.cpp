#include "app/study_link.h"

#include <QAction>
#include <QDockWidget>

#include "app/dialog_answer.h"
#include "app/preferences.h"
#include "app/script_gate.h"
#include "app/study_launch.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/run/run_scripts.h"
#include "core/study/sweep/linear.h"
#include "core/study/sweep/new_sweep.h"
#include "core/study/sweep/standing.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/experiment/gallery.h"
#include "widgets/experiment/race_dialog.h"
#include "widgets/experiment/sweep_dialog.h"
#include "widgets/runs/queue_panel.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

using namespace widgets;

namespace {

/// That losses of any of the runs name. \throws Error where one does not fit.
std::vector<script::ScriptFile> scriptsOfRuns(const study::SweepFile& file) {
  const auto runs = study::runsOf(file, study::unitScale);
  const auto base = study::baseFor(file, runs);
  std::vector<script::ScriptFile> scripts;
  const study::SweepRun* last = nullptr;
  for (const auto& run : runs) {
    if (last && last->fields == run.fields) continue;  // another seed
    last = &run;
    const auto more = run::untrustedScripts(study::experimentOf(file, base, run));
    scripts.insert(scripts.end(), more.begin(), more.end());
  }
  return scripts;
}

/// The dock that a panel stands in.
void bringToFront(const QWidget& panel) {
  auto* dock = qobject_cast<QDockWidget*>(panel.parentWidget());
  if (!dock) return;
  dock->show();
  dock->raise();
}

void removeWithoutRuns(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (run::listRuns(folder).empty()) std::filesystem::remove_all(folder, ignored);
}

}  // namespace

StudyLink::StudyLink(const StudyParts& parts, QObject* parent)
    : QObject(parent), at_(parts), lanes_(new LaneLink(parts.lanes, this)) {
  actions_ << add(tr("Compare &losses…"), Qt::CTRL | Qt::SHIFT | Qt::Key_L, [this] {
    askForRace("tasks[0].loss");
  }) << add(tr("Compare &balancers…"), Qt::CTRL | Qt::SHIFT | Qt::Key_M, [this] {
    askForRace("balancer.gradient");
  }) << add(tr("S&weep…"), Qt::CTRL | Qt::SHIFT | Qt::Key_W, [this] { askForSweep(); });
  connect(&at_.experiment, &ExperimentPanel::raceRequested, this, &StudyLink::askForRace);
  connect(&at_.gallery, &Gallery::raceRequested, this, [this](const train::Experiment& experiment) {
    const RaceRequest request{
        withPreferred(experiment, Preferences::kept()), quickRaceOf(experiment).lanes,
        tr("Race %1").arg(QString::fromStdString(experiment.name)), at_.workspace};
    race(request, [this](const QString& problem) { tellError(problem); });
  });
  connect(&at_.lanes.queue, &QueuePanel::continueRequested, this, &StudyLink::goOn);
  connect(&at_.lanes.queue, &QueuePanel::problemMet, this, &StudyLink::tellError);
}

QAction* StudyLink::add(const QString& text, const QKeySequence& key,
                        const std::function<void()>& act) {
  auto* action = new QAction(text, this);
  action->setShortcut(key);
  connect(action, &QAction::triggered, this, act);
  return action;
}

void StudyLink::tellError(const QString& problem) {
  if (!problem.isEmpty()) at_.lanes.messages.showError(problem);
}

bool StudyLink::isReady() {
  if (!at_.settled()) return false;
  if (!at_.experiment.experiment().data.id.empty()) return true;
  at_.lanes.messages.showNote(
      tr("Open a sample or an experiment first; its variants are trained."));
  return false;
}

// --- Races

void StudyLink::askForRace(const std::string& path) {
  if (!isReady()) return;
  auto* dialog = new RaceDialog(at_.experiment.experiment(), at_.experiment.known(), path,
                                at_.workspace, &at_.lanes.window);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &RaceDialog::startRequested, this,
          [this, dialog](const RaceRequest& request) { race(request, answerTo(dialog)); });
  dialog->open();
}

void StudyLink::race(const RaceRequest& request, const Answer& answer) {
  const auto text = study::sweepText(request.experiment, study::lanesKey(request.lanes));
  const auto count = request.lanes.size();
  const Fresh fresh{text, request.experiment.folder, request.workspace, request.name, {}, {}};
  begin(fresh, answer,
        [this, count](const std::filesystem::path& folder) { lanes_->follow(folder, count); });
}

// --- Sweeps

void StudyLink::askForSweep(const nlohmann::ordered_json& sweepKey) {
  if (!isReady()) return;
  auto* dialog = new SweepDialog(at_.experiment.experiment(), &at_.lanes.window, sweepKey);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &SweepDialog::startRequested, this,
          [this, dialog](const SweepRequest& request) { sweep(request, answerTo(dialog)); });
  dialog->open();
}

void StudyLink::sweep(const SweepRequest& request, const Answer& answer) {
  Fresh fresh{study::sweepText(request.experiment, request.sweep),
              request.experiment.folder,
              at_.workspace,
              request.name,
              {"--threads", QString::number(request.threads)},
              {}};
  if (!request.single.empty()) fresh.more << "--single" << QString::fromStdString(request.single);
  fresh.control.workers = request.workers;
  fresh.control.waits = request.waits;
  fresh.control.queued = true;  // so that threads stay within the cores
  begin(fresh, answer, [this](const std::filesystem::path&) { bringToFront(at_.lanes.queue); });
}

// --- Processes

void StudyLink::begin(const Fresh& fresh, const Answer& answer, const Begun& begun) {
  const auto make = [this, fresh, answer, begun] {
    const auto folder = study::newSweep(fresh.workspace, fresh.name.toStdString(), fresh.text);
    const auto tell = [folder, answer, begun](const QString& problem) {
      if (problem.isEmpty())
        begun(folder);
      else
        removeWithoutRuns(folder);
      answer(problem);
    };
    try {
      study::changeControl(folder, [&](study::SweepControl& now) { now = fresh.control; });
      launch(folder, fresh.more, tell);
    } catch (const Error& error) {
      tell(QString::fromUtf8(error.what()));
    }
  };
  gated([&] { return study::parseSweepFile(fresh.text, "sweep.json", fresh.data); }, make, answer);
}

void StudyLink::gated(const std::function<study::SweepFile()>& read,
                      const std::function<void()>& then, const Answer& answer) {
  const auto guarded = [then, answer] {
    try {
      then();
    } catch (const Error& error) {
      answer(QString::fromUtf8(error.what()));
    }
  };
  try {
    at_.gate.pass(scriptsOfRuns(read()), guarded,
                  [answer] { answer(tr("A file of a loss is not trusted; nothing was begun.")); });
  } catch (const Error& error) {
    answer(QString::fromUtf8(error.what()));
  }
}

void StudyLink::launch(const std::filesystem::path& folder, const QStringList& more,
                       const Answer& answer) {
  const bool race = study::sweepIn(folder).sweep.method == "lanes";
  const QStringList arguments{race ? "race" : "sweep", "continue",
                              QString::fromStdString(folder.string()), "--quiet", "--trust"};
  auto* launched = new StudyLaunch(folder, arguments + more, this);
  const auto tell = [this, answer](const QString& problem) {
    at_.lanes.queue.look();
    answer(problem);
  };
  connect(launched, &StudyLaunch::began, this, [tell] { tell({}); });
  connect(launched, &StudyLaunch::failed, this, tell);
  at_.lanes.queue.look();
}

void StudyLink::goOn(const std::filesystem::path& folder) {
  const Answer answer = [this](const QString& problem) { tellError(problem); };
  gated([&] { return study::sweepIn(folder); },
        [this, folder, answer] { launch(folder, {}, answer); }, answer);
}

void StudyLink::pauseWaiting() {
  for (const auto& folder : study::sweepsIn(at_.workspace)) {
    const bool waits = study::controlOf(folder).waits;
    if (waits && study::stateOf(folder) == study::SweepState::running)
      study::changeControl(folder, [](study::SweepControl& control) { control.paused = true; });
  }
}

}  // namespace eq::app
