#include "app/runs_link.h"

#include <QCoreApplication>

#include "app/run_controller.h"
#include "app/run_requests.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/runs/timeline.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using namespace widgets;

namespace {

QString inRunsLink(const char* text) {
  return QCoreApplication::translate("RunsLink", text);
}

/// A message's cause.
QString trashOf(const std::filesystem::path& folder) {
  return "trash " + QString::fromStdString(folder.string());
}

void connectTrash(RunsPanel& runs, MessageBar& messages) {
  QObject::connect(&runs, &RunsPanel::trashed, &messages, [&](const std::filesystem::path& folder) {
    const auto name = shownName(folder.filename().string());
    messages.showNote(
        inRunsLink("%1 is in the trash.").arg(name), inRunsLink("Put it back"),
        [&runs, folder] { runs.restore(folder); }, trashOf(folder));
  });
  QObject::connect(&runs, &RunsPanel::restored, &messages,
                   [&](const std::filesystem::path& folder) { messages.resolve(trashOf(folder)); });
  QObject::connect(&runs, &RunsPanel::problemMet, &messages,
                   [&](const QString& text) { messages.showError(text); });
}

}  // namespace

void connectRuns(RunsPanel& runs, Timeline& timeline, RunController& controller,
                 RunRequests& requests, MessageBar& messages) {
  auto* session = &controller.session();
  QObject::connect(session, &Session::recordsArrived, &runs, [&](const run::Records& records) {
    if (!records.steps.empty()) runs.showSteps(controller.training(), records.steps.back().step);
  });
  QObject::connect(session, &Session::moved, &runs, [&](const std::filesystem::path& folder) {
    runs.setTraining(folder);
    messages.showNote(inRunsLink("The run goes on in %1.").arg(shownName(folder.string())));
  });
  QObject::connect(session, &Session::stateChanged, &runs, [&runs](SessionState state) {
    runs.setPreparing(state == SessionState::preparing);
    if (state == SessionState::running || state == SessionState::paused) runs.refresh();
  });
  QObject::connect(&runs, &RunsPanel::resumeRequested, &requests,
                   [&](const std::filesystem::path& folder) { requests.resume(folder); });
  QObject::connect(&runs, &RunsPanel::forkRequested, &requests, &RunRequests::forkLatest);
  QObject::connect(&requests, &RunRequests::problemMet, &messages,
                   [&](const QString& text) { messages.showError(text); });
  connectTrash(runs, messages);
  QObject::connect(&timeline, &Timeline::noteRequested, session, [session](const QString& text) {
    session->send(train::Command::note(text.toStdString()));
  });
  QObject::connect(&timeline, &Timeline::forkRequested, &requests,
                   [&](qint64 step) { requests.fork(controller.present(), step); });
  QObject::connect(&timeline, &Timeline::undoRequested, &requests,
                   [&](qint64 step) { requests.forkWithout(controller.present(), step); });
}

}  // namespace eq::app
