#include "app/experiment_link.h"

#include <QUndoStack>

#include "app/run_controller.h"
#include "app/script_gate.h"
#include "core/run/run_scripts.h"
#include "widgets/experiment/experiment_panel.h"

namespace eq::app {

using namespace widgets;

namespace {

/// Those that only the experiment as edited has.
std::vector<loss::ScriptFile> newScripts(const train::Experiment& before,
                                         const train::Experiment& after) {
  auto files = run::untrustedScripts(after);
  for (const auto& known : run::untrustedScripts(before))
    std::erase_if(files, [&](const loss::ScriptFile& file) { return file.sha256 == known.sha256; });
  return files;
}

}  // namespace

void connectExperiment(ExperimentPanel& panel, RunController& controller, QUndoStack& undo,
                       ScriptGate& gate) {
  QObject::connect(&panel, &ExperimentPanel::commandsRequested, &controller, &RunController::send);
  QObject::connect(&controller, &RunController::commandDeclined, &panel,
                   [&] { panel.answered(controller.inForce()); });
  QObject::connect(&controller.session(), &Session::experimentChanged, &panel,
                   &ExperimentPanel::answered);
  QObject::connect(&panel, &ExperimentPanel::experimentEdited, &panel,
                   [&](const train::Experiment& before) {
                     gate.pass(
                         newScripts(before, panel.experiment()), [] {}, [&undo] { undo.undo(); });
                   });
}

}  // namespace eq::app
