#include "app/explorer_link.h"

#include "app/run_controller.h"
#include "app/script_gate.h"
#include "core/loss/custom/scripts.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/explorer/loss_explorer.h"

namespace eq::app {

using namespace widgets;

namespace {

/// In the experiment's order, which need not be the data's and may leave tasks out.
std::vector<TaskInfo> tasksOf(const RunFacts& facts) {
  std::vector<TaskInfo> tasks;
  for (const auto& spec : facts.experiment.tasks)
    for (const auto& info : facts.tasks)
      if (info.name == spec.name) tasks.push_back(info);
  return tasks;
}

}  // namespace

void connectExplorer(LossExplorer& explorer, RunController& controller, ExperimentPanel& experiment,
                     ScriptGate& gate) {
  auto* session = &controller.session();
  QObject::connect(&explorer, &LossExplorer::examplesWanted, session, &Session::watchExamples);
  QObject::connect(&explorer, &LossExplorer::picturesWanted, session, &Session::askPictures);
  QObject::connect(session, &Session::examplesArrived, &explorer, &LossExplorer::showExamples);
  QObject::connect(session, &Session::examplesRefused, &explorer,
                   &LossExplorer::showExamplesProblem);
  QObject::connect(session, &Session::picturesArrived, &explorer, &LossExplorer::showPictures);
  QObject::connect(&controller, &RunController::opened, &explorer,
                   [&explorer](const RunFacts& facts) {
                     explorer.proposeLosses(facts.experiment);
                     explorer.setTasks(tasksOf(facts));
                   });
  QObject::connect(&controller, &RunController::awayChanged, &explorer, [&](bool away) {
    explorer.setTasks(away ? std::vector<TaskInfo>() : tasksOf(controller.facts()));
  });
  QObject::connect(&controller, &RunController::ended, &explorer,
                   [&explorer] { explorer.setTasks({}); });
  QObject::connect(&explorer, &LossExplorer::lossChosen, &experiment, &ExperimentPanel::chooseLoss);
  QObject::connect(
      &explorer, &LossExplorer::lossEdited, &experiment, [&](const train::MethodSpec& loss) {
        std::vector<script::ScriptFile> files;
        loss::scripts().addUntrusted(files, loss.id, loss.params, experiment.experiment().folder);
        gate.pass(files, [&explorer] { explorer.redraw(); });
      });
}

}  // namespace eq::app
