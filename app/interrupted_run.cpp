#include "app/interrupted_run.h"

#include <algorithm>

#include <QCoreApplication>

#include "app/run_controller.h"
#include "core/run/run_folder.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/run_words.h"
#include "widgets/style/message_bar.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;

namespace {

QString inOffer(const char* text) {
  return QCoreApplication::translate("InterruptedRun", text);
}

}  // namespace

void offerInterruptedRun(const RunsPanel& runs, RunController& controller, MessageBar& messages) {
  const auto* run = runs.interrupted();
  if (!run) return;
  const auto checkpoints = run::checkpointsIn(run->folder);
  const auto last = checkpoints.empty() ? 0 : checkpoints.back().step;
  const auto text = inOffer(
      "The run %1 was interrupted after %2. Its last checkpoint is of step %3; it goes on from "
      "there and does %4 again.");
  messages.showNote(
      text.arg(shownName(run->folder.filename().string()), stepsText(run->steps), countText(last),
               stepsText(std::max<std::int64_t>(run->steps - last, 0))),
      inOffer("Resume it"), [&controller, folder = run->folder] { controller.resume(folder); });
}

}  // namespace eq::app
