#include "app/run_requests.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <QWidget>

#include "app/run_controller.h"
#include "app/run_question.h"
#include "core/base/error.h"
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
    const auto info = run::RunReader(folder).info();
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
    askToFork(run::RunReader(folder).info(), step);
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

void RunRequests::askToFork(const run::RunInfo& info, std::int64_t step) {
  const auto edits = editsOf(info.folder);
  if (!edits) return;
  const auto name = calledOf(info);
  RunQuestion question;
  question.title = tr("Fork a run");
  question.text =
      step < 0
          ? tr("A new run begins as a copy of %1 where that stands, paused.").arg(name)
          : tr("A new run begins as a copy of %1 at step %2, paused.").arg(name, countText(step));
  question.accept = tr("Fork");
  if (controller_.active()) {
    question.text +=
        "\n\n" + tr("The run that goes on is stopped for it, with a checkpoint; it can "
                    "be resumed.");
    question.accept = tr("Stop it and fork");
  }
  question.name = tr("%1, fork").arg(QString::fromStdString(info.shown()));
  const bool atEnd = step >= 0 && step >= info.totalSteps;
  const double done = atEnd ? epochsAt(info.folder, step) : 0;
  if (atEnd) {
    question.text += "\n\n" + tr("That is the end of the run: say how far the fork goes.");
    question.epochs = proposedEpochs(done);
  }
  askAboutRun(&window_, question,
              [this, folder = info.folder, step, done, atEnd, edits](const RunAnswer& answer) {
                run::Changes changes;
                changes.title = answer.name.toStdString();
                if (atEnd) changes.epochs = done + answer.epochs;
                if (step < 0)
                  controller_.forkPresent(changes);
                else
                  controller_.fork(folder, step, changes, *edits);
              });
}

}  // namespace eq::app
