#include "app/run_requests.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

#include <QWidget>

#include "app/run_controller.h"
#include "app/run_question.h"
#include "core/base/error.h"
#include "core/run/origin.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;

namespace {

QString calledOf(const run::RunInfo& info) {
  return shortName(QString::fromStdString(info.shown()));
}

/// Of what is trained, until `step`.
double epochsAt(const std::filesystem::path& folder, std::int64_t step) {
  const auto steps = run::RunReader(folder).steps(step - 1);
  return steps.empty() ? 0 : steps.front().epoch;
}

/// As many as there were, in a number that reads well.
double proposedEpochs(double done) {
  return std::max(1.0, std::round(done));
}

QString editsText(const std::vector<train::Command>& edits) {
  if (edits.empty()) return {};
  return edits.size() == 1
             ? RunRequests::tr("What was changed at the left is part of it.")
             : RunRequests::tr("The %1 changes at the left are part of it.").arg(edits.size());
}

QString stopText(bool active) {
  if (!active) return {};
  return RunRequests::tr(
      "The run that goes on is stopped for it, with a checkpoint; it can be "
      "resumed.");
}

/// Which steps a fork would make again.
std::function<QString(std::int64_t)> replayText(const std::filesystem::path& folder) {
  return [folder](std::int64_t step) {
    std::int64_t from = 0;
    for (const auto& checkpoint : run::checkpointsIn(folder))
      if (checkpoint.step <= step) from = checkpoint.step;
    if (from == step)
      return RunRequests::tr("A checkpoint stands at this step: nothing is made again.");
    return RunRequests::tr(
               "The nearest checkpoint before is that of step %1: %2 steps are made "
               "again, bit for bit.")
        .arg(countText(from), countText(step - from));
  };
}

}  // namespace

RunRequests::RunRequests(QWidget& window, RunController& controller, Edits edits)
    : QObject(&window), window_(window), controller_(controller), edits_(std::move(edits)) {}

std::optional<std::vector<train::Command>> RunRequests::editsOf(
    const std::filesystem::path& folder) const {
  if (controller_.active() || folder != controller_.present()) return std::vector<train::Command>();
  return edits_();
}

void RunRequests::resume(const std::filesystem::path& folder, bool paused) {
  const auto edits = editsOf(folder);
  if (!edits) return;
  try {
    const run::RunReader run(folder);
    run::requireOwn(run);
    const auto info = run.info();
    if (info.state != run::RunState::finished)
      return controller_.resume(folder, {}, paused, *edits);
    const double done = epochsAt(folder, info.steps);
    const auto text = tr("%1 has done all its %2 epochs. It goes on from its end, in the same "
                         "curve.")
                          .arg(calledOf(info), shortText(done));
    askAboutRun(&window_,
                {tr("Continue a finished run"), text, tr("Continue"), {}, proposedEpochs(done)},
                [this, folder, done, paused, edits](const RunAnswer& answer) {
                  run::Changes changes;
                  changes.epochs = done + answer.epochs;
                  controller_.resume(folder, changes, paused, *edits);
                });
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
  }
}

void RunRequests::fork(const std::filesystem::path& folder, std::int64_t step) {
  try {
    askToFork(run::RunReader(folder).info(), step, {});
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
  }
}

void RunRequests::forkWithout(const std::filesystem::path& folder, std::int64_t step) {
  try {
    askToFork(
        run::RunReader(folder).info(), step - 1,
        tr("What was changed at step %1, and later, is not part of it.").arg(countText(step)));
  } catch (const Error& error) {
    emit problemMet(QString::fromUtf8(error.what()));
  }
}

void RunRequests::forkLatest(const std::filesystem::path& folder) {
  const auto checkpoints = run::checkpointsIn(folder);
  if (checkpoints.empty())
    emit problemMet(tr("%1 has no checkpoint to fork from.").arg(shownName(folder.string())));
  else
    fork(folder, checkpoints.back().step);
}

void RunRequests::forkPresent() {
  fork(controller_.training(), -1);
}

void RunRequests::askToFork(const run::RunInfo& info, std::int64_t step, const QString& remark) {
  const auto edits = editsOf(info.folder);
  if (!edits) return;
  RunQuestion question;
  question.title = tr("Fork a run");
  question.text = tr("A new run begins as a copy of %1, paused.").arg(calledOf(info));
  question.accept = tr("Fork");
  for (const auto& more : {remark, editsText(*edits), stopText(controller_.active())})
    if (!more.isEmpty()) question.text += "\n\n" + more;
  if (controller_.active()) question.accept = tr("Stop it and fork");
  question.name = tr("%1, fork").arg(QString::fromStdString(info.shown()));
  if (step >= 0) {
    question.step = {std::min(step, info.steps), info.steps, replayText(info.folder)};
    question.epochsFrom = info.totalSteps;
    if (info.steps >= info.totalSteps)
      question.epochs = proposedEpochs(epochsAt(info.folder, info.totalSteps));
  }
  askAboutRun(&window_, question, [this, info, step, edits](const RunAnswer& answer) {
    run::Changes changes;
    changes.title = answer.name.toStdString();
    if (step < 0) return controller_.forkPresent(changes);
    if (answer.step >= info.totalSteps)
      changes.epochs = epochsAt(info.folder, answer.step) + answer.epochs;
    controller_.fork(info.folder, answer.step, changes, *edits);
  });
}

}  // namespace eq::app
