#include "app/monkey/checks.h"

#include <utility>

#include <QAction>
#include <QApplication>
#include <QFileInfo>
#include <QTest>

#include "app/run_controller.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "widgets/experiment/experiment_panel.h"
#include "widgets/session/run_data.h"
#include "widgets/session/transport.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/message_bar.h"

namespace eq::test {
namespace {

using namespace widgets;

constexpr int kPatience = 60;        // actions
constexpr int kAnswerWithin = 8000;  // ms

/// What the tool bar offers is what the session's state allows.
QString transportProblem(app::MainWindow& window) {
  const auto actions = window.findChild<Transport*>()->actionsInOrder();
  const auto state = window.runs().session().state();
  const bool stops = state == SessionState::preparing || state == SessionState::running ||
                     state == SessionState::paused || state == SessionState::stuck;
  const auto* start = actions[0];
  const auto* pause = actions[3];  // behind New run and Start paused
  const auto* stop = actions[5];
  if (start->isEnabled() && state != SessionState::idle) return "Start is offered during a run";
  if (stop->isEnabled() != stops) return "Stop is " + QString(stops ? "not " : "") + "offered";
  if ((pause->text() == "Go on") != (state == SessionState::paused))
    return "the tool bar offers " + pause->text() + ", which is not the session's state";
  return {};
}

QString panelProblem(app::MainWindow& window) {
  const auto state = window.runs().session().state();
  const bool trains = state == SessionState::running || state == SessionState::paused;
  auto& panel = window.experimentPanel();
  if (trains && !panel.running() && !window.runs().away())
    return "the panel does not know that a run goes on";
  if (state == SessionState::idle && panel.running()) return "the panel believes in a run";
  return {};
}

bool isErrorShown(app::MainWindow& window) {
  if (!window.messages().text().isEmpty()) return true;
  for (const auto* label : window.experimentPanel().findChildren<ProblemLabel*>())
    if (!label->text().isEmpty()) return true;
  return false;
}

QString experimentProblem(app::MainWindow& window) {
  const auto& experiment = window.experimentPanel().experiment();
  if (experiment.data.id.empty()) return {};
  try {
    if (train::experimentFromJson(train::toJson(experiment), experiment.folder) == experiment)
      return {};
    return "the experiment is another one when it is written and read";
  } catch (const Error& error) {
    if (isErrorShown(window)) return {};
    return QString("the experiment is wrong and nothing says so: ") + error.what();
  }
}

QString rowsProblem(app::MainWindow& window) {
  const auto& steps = window.data().x(XUnit::step);
  for (std::size_t row = 1; row < steps.size(); ++row)
    if (!(steps[row] > steps[row - 1])) return QString("row %1 is no later step").arg(row);
  return {};
}

QString firstOf(std::initializer_list<QString> problems) {
  for (const auto& problem : problems)
    if (!problem.isEmpty()) return problem;
  return {};
}

}  // namespace

QString Checks::now(app::MainWindow& window) {
  const auto missing = std::exchange(missing_, {});
  return firstOf({missing.isEmpty() ? missing : missing + " is told to be saved, and is not there",
                  dialogs(), transportProblem(window), panelProblem(window),
                  experimentProblem(window), rowsProblem(window)});
}

void Checks::claim(const QString& file) {
  const QFileInfo info(file);
  if (!info.exists() || (info.isFile() && info.size() == 0)) missing_ = file;
}

/// A dialog that stays is closed as by its title bar; one that then stays is stuck.
QString Checks::dialogs() {
  auto* dialog = QApplication::activeModalWidget();
  if (dialog != dialog_ || !dialog) patience_ = 0;
  dialog_ = dialog;
  if (!dialog || ++patience_ < kPatience) return {};
  patience_ = 0;
  dialog->close();
  return dialog->isVisible() ? "a dialog cannot be closed: " + dialog->windowTitle() : QString();
}

QString Checks::settled(app::MainWindow& window) {
  auto& controller = window.runs();
  const auto& shown = window.experimentPanel().experiment();
  const auto agree = [&] {
    const auto state = controller.session().state();
    if (state != SessionState::running && state != SessionState::paused) return true;
    if (controller.away()) return true;  // the panel shows the record of another run
    if (QApplication::activeModalWidget())
      return true;  // maybe a question that a command waits for
    const auto missing = train::commandsBetween(controller.inForce(), shown);
    return missing && missing->empty();
  };
  if (QTest::qWaitFor(agree, kAnswerWithin)) return {};
  return QString("the panel shows another experiment than the run's (state %1): %2")
      .arg(static_cast<int>(controller.session().state()))
      .arg(QString::fromStdString(
          nlohmann::json::diff(train::toJson(controller.inForce()), train::toJson(shown)).dump()));
}

QString Checks::runs(const std::filesystem::path& workspace) {
  try {
    for (const auto& run : run::listRuns(workspace)) {
      const auto name = QString::fromStdString(run.folder.filename().string());
      const run::RunReader reader(run.folder);
      if (reader.info().state == run::RunState::running) return name + " is said to go on";
      if (reader.steps().size() > 1000000) return name + " has more steps than it can";
      if (run.state == run::RunState::stopped && run::checkpointsIn(run.folder).empty())
        return name + " was stopped without a checkpoint";
    }
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

}  // namespace eq::test
