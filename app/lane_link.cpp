#include "app/lane_link.h"

#include <algorithm>

#include <QProcess>
#include <QTimer>

#include "app/dialog_answer.h"
#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "core/train/replay.h"
#include "widgets/experiment/clone_dialog.h"
#include "widgets/runs/queue_panel.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/command_line.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"

namespace eq::app {

using namespace widgets;

namespace {

constexpr int kLanesLook = 150;      // ms
constexpr int kLanesPatience = 600;  // looks: a lane that cannot begin has no folder

/// As it is in force at the run's newest step.
train::Experiment presentOf(const std::filesystem::path& folder) {
  const run::RunReader reader(folder);
  const auto begun = train::experimentFromJson(reader.experiment(), reader.dataFolder());
  return train::inForceAt(begun, reader.events(), reader.info().steps + 1).experiment;
}

std::vector<std::filesystem::path> foldersOfRuns(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> runs;
  for (const auto& info : run::listRuns(folder)) runs.push_back(info.folder);
  return runs;
}

}  // namespace

LaneLink::LaneLink(const LaneParts& parts, QObject* parent) : QObject(parent), at_(parts) {
  connect(&at_.queue, &QueuePanel::openRequested, this, at_.showRun);
  connect(&at_.queue, &QueuePanel::showRequested, this, &LaneLink::showSideBySide);
  connect(&at_.queue, &QueuePanel::cloneRequested, this, &LaneLink::askToClone);
}

void LaneLink::follow(const std::filesystem::path& folder, std::size_t lanes) {
  auto* timer = new QTimer(this);
  connect(timer, &QTimer::timeout, this,
          [this, folder, lanes, timer, left = kLanesPatience, seen = std::size_t{0}]() mutable {
            const auto runs = foldersOfRuns(folder);
            if (runs.size() > seen) {
              seen = runs.size();
              at_.runs.refresh();
              showSideBySide(runs);
            }
            if (seen >= lanes || --left == 0) timer->deleteLater();
          });
  timer->start(kLanesLook);
}

void LaneLink::showSideBySide(const std::vector<std::filesystem::path>& runs) {
  const bool have = std::any_of(runs.begin(), runs.end(),
                                [this](const auto& folder) { return at_.shown.isFocus(folder); });
  if (!have) {
    at_.shown.hideOthers();
    at_.showRun(runs.front());
  }
  for (const auto& folder : runs)
    if (!at_.shown.isFocus(folder)) at_.shown.setShown(folder, true);
}

void LaneLink::askToClone(const std::filesystem::path& run) {
  try {
    const auto name = shortName(shownName(run::RunReader(run).info().shown()));
    auto* dialog = new CloneDialog(presentOf(run), name, &at_.window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &CloneDialog::cloneRequested, this,
            [this, run, dialog](const std::vector<train::Setting>& settings, const QString& title) {
              clone(run, settings, title, answerTo(dialog));
            });
    dialog->open();
  } catch (const Error& error) {
    at_.messages.showError(QString::fromUtf8(error.what()));
  }
}

void LaneLink::clone(const std::filesystem::path& run, const std::vector<train::Setting>& settings,
                     const QString& title, const std::function<void(const QString&)>& answer) {
  QStringList arguments{"race", "clone", QString::fromStdString(run.string()), "--title", title};
  for (const auto& setting : settings)
    arguments << "--set" << QString::fromStdString(setting.path + "=" + setting.value.dump());
  const auto program = commandLineProgram();
  if (program.isEmpty()) return answer(commandLineMissing());
  auto* process = new QProcess(this);
  connect(process, &QProcess::finished, this, [this, process, answer](int code) {
    process->deleteLater();
    at_.queue.look();
    if (code != 0) return answer(QString::fromUtf8(process->readAllStandardError()).trimmed());
    const auto made = QString::fromUtf8(process->readAllStandardOutput()).trimmed();
    at_.runs.refresh();
    at_.shown.setShown(made.toStdString(), true);
    answer({});
  });
  connect(process, &QProcess::errorOccurred, this,
          [process, program, answer](QProcess::ProcessError error) {
            if (error != QProcess::FailedToStart) return;  // else it is finished as well
            process->deleteLater();
            answer(QObject::tr("%1 could not be started: %2").arg(program, process->errorString()));
          });
  process->start(program, arguments);
}

}  // namespace eq::app
