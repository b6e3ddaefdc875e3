#include "app/shown_link.h"

#include "app/run_controller.h"
#include "app/run_view.h"
#include "widgets/runs/runs_panel.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/message_bar.h"

namespace eq::app {

using namespace widgets;

void connectShown(ShownRuns& shown, RunView& view, RunController& controller, RunsPanel& runs,
                  MessageBar& messages) {
  const auto focus = [&] { shown.setFocus(controller.present()); };
  QObject::connect(&view, &RunView::placeChanged, &shown, focus);
  QObject::connect(&controller.session(), &Session::moved, &shown, focus);
  QObject::connect(&runs, &RunsPanel::trashed, &shown,
                   [&](const std::filesystem::path& folder) { shown.setShown(folder, false); });
  QObject::connect(&shown, &ShownRuns::problemMet, &messages,
                   [&](const QString& text) { messages.showError(text); });
  runs.setShown(shown);
}

}  // namespace eq::app
