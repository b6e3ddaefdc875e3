#include "app/predictions_link.h"

#include <optional>

#include "app/run_controller.h"
#include "app/run_view.h"
#include "widgets/plots/confusion_plot.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/plot_link.h"
#include "widgets/predictions/predictions_page.h"
#include "widgets/session/run_data.h"

namespace eq::app {

using namespace widgets;

namespace {

/// Nothing without a cursor.
std::optional<std::int64_t> cursorStep(const RunData& data, const PlotLink& link) {
  const auto cursor = link.cursor();
  const auto row = cursor ? data.rowAt(*cursor, link.unit()) : std::nullopt;
  if (!row) return std::nullopt;
  return static_cast<std::int64_t>(data.x(XUnit::step)[*row]);
}

}  // namespace

void addPredictionsPage(PlotArea& plots, RunController& controller, RunView& view, RunData& data,
                        PlotLink& link) {
  auto& page = *new PredictionsPage;
  plots.addPage(PredictionsPage::tr("Predictions"), &page, {});
  auto* session = &controller.session();
  QObject::connect(&page, &PredictionsPage::liveWanted, session, &Session::watchPredictions);
  QObject::connect(session, &Session::predictionsArrived, &page, &PredictionsPage::takePage);
  QObject::connect(session, &Session::predictionsRefused, &page, &PredictionsPage::takeProblem);
  QObject::connect(&link, &PlotLink::cursorChanged, &page,
                   [&] { page.setCursorStep(cursorStep(data, link)); });
  QObject::connect(
      qobject_cast<ConfusionPlot*>(plots.panel("confusion")), &ConfusionPlot::cellChosen, &page,
      [&](std::size_t task, train::SplitName split, std::int64_t target, std::int64_t predicted) {
        plots.showDock(PredictionsPage::tr("Predictions"));
        page.choose(task, split, target, predicted);
      });
  const auto update = [&] {
    const auto& shown = controller.present();
    if (shown.empty())
      page.showNothing(
          PredictionsPage::tr("No run in focus. Start one, or open one from the table of runs."));
    else if (controller.active() && !controller.away())
      page.showLive(controller.facts().tasks);
    else
      page.showRecorded(shown, data.tasks(), cursorStep(data, link));
  };
  QObject::connect(&view, &RunView::shown, &page, update);
  QObject::connect(&controller, &RunController::ended, &page, update);
}

}  // namespace eq::app
