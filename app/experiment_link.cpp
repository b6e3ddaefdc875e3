#include "app/experiment_link.h"

#include <QCoreApplication>
#include <QUndoStack>

#include "app/run_controller.h"
#include "app/script_gate.h"
#include "core/run/run_scripts.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

using namespace widgets;

namespace {

constexpr auto kHalfTyped = "half typed field";  // a message's cause

QString inExperimentLink(const char* text) {
  return QCoreApplication::translate("ExperimentLink", text);
}

/// Those that only the experiment as edited has.
std::vector<script::ScriptFile> newScripts(const train::Experiment& before,
                                           const train::Experiment& after) {
  auto files = run::untrustedScripts(after);
  for (const auto& known : run::untrustedScripts(before))
    std::erase_if(files,
                  [&](const script::ScriptFile& file) { return file.sha256 == known.sha256; });
  return files;
}

/// Why the experiment cannot be changed; empty where it can. What would be changed before the run
/// stands, or while it closes, would reach nothing.
QString lockText(SessionState state) {
  if (state == SessionState::preparing)
    return inExperimentLink(
        "The run is being prepared. Fields can be changed as soon as it stands.");
  if (state == SessionState::closing)
    return inExperimentLink("The run is being closed. Fields can be changed when it has ended.");
  return {};
}

}  // namespace

void connectExperiment(ExperimentPanel& panel, RunController& controller, QUndoStack& undo,
                       ScriptGate& gate) {
  QObject::connect(&panel, &ExperimentPanel::commandsRequested, &controller, &RunController::send);
  QObject::connect(&controller, &RunController::commandDeclined, &panel,
                   [&] { panel.answered(controller.inForce()); });
  QObject::connect(&controller.session(), &Session::stateChanged, &panel,
                   [&] { lockPanel(panel, controller); });
  QObject::connect(&controller.session(), &Session::experimentChanged, &panel,
                   [&](const train::Experiment& inForce) {
                     if (!controller.away()) panel.answered(inForce);
                   });
  QObject::connect(&panel, &ExperimentPanel::experimentEdited, &panel,
                   [&](const train::Experiment& before) {
                     gate.pass(
                         newScripts(before, panel.experiment()), [] {}, [&undo] { undo.undo(); });
                   });
}

void lockPanel(ExperimentPanel& panel, const RunController& controller) {
  if (controller.away())
    panel.lock(
        inExperimentLink("This run is recorded, and another one is trained. Fields can be "
                         "changed in that one, or when it has ended."));
  else
    panel.lock(lockText(controller.session().state()));
}

bool settle(ExperimentPanel& panel, MessageBar& messages) {
  const auto problem = panel.settle();
  if (problem.isEmpty())
    messages.resolve(kHalfTyped);
  else
    messages.showError(problem, kHalfTyped);
  return problem.isEmpty();
}

std::optional<std::vector<train::Command>> editsSince(const train::Experiment& before,
                                                      ExperimentPanel& panel,
                                                      MessageBar& messages) {
  if (!settle(panel, messages)) return std::nullopt;
  auto commands = train::commandsBetween(before, panel.experiment());
  if (!commands)
    messages.showError(
        inExperimentLink("What was changed at the left cannot change within a run. New run begins "
                         "one with it; Undo takes it back."));
  return commands;
}

}  // namespace eq::app
