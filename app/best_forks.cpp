#include "app/best_forks.h"

#include <algorithm>
#include <optional>

#include "app/run_controller.h"
#include "app/run_requests.h"
#include "core/run/run_values.h"
#include "widgets/session/run_data.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::app {

using namespace widgets;

namespace {

/// One a task; nothing where it was never evaluated.
std::vector<std::optional<run::Best>> bestOf(const RunData& data,
                                             const std::vector<std::string>& metrics) {
  std::vector<std::optional<run::Best>> best(metrics.size());
  const auto since = run::lossesSince(data.events(), metrics.size());
  for (const auto& evaluation : data.evaluations()) run::takeBest(best, evaluation, metrics, since);
  return best;
}

bool hasCheckpoint(const std::filesystem::path& run, std::int64_t step) {
  return std::ranges::any_of(run::checkpointsIn(run),
                             [step](const auto& one) { return one.step == step; });
}

}  // namespace

BestForks::BestForks(const RunData& data, const RunController& controller, RunRequests& requests,
                     QWidget* parent)
    : QMenu(tr("Fork from the &best"), parent),
      data_(data),
      controller_(controller),
      requests_(requests) {
  connect(this, &QMenu::aboutToShow, this, &BestForks::fill);
}

void BestForks::fill() {
  clear();
  const auto folder = controller_.present();
  const auto metrics = run::mainMetrics(data_.experiment());
  const auto best = bestOf(data_, metrics);
  for (std::size_t task = 0; task < best.size(); ++task) {
    if (!best[task]) continue;
    const auto step = best[task]->step;
    const bool kept = hasCheckpoint(folder, step);
    auto text = tr("%1: %2 %3 at step %4")
                    .arg(data_.taskName(static_cast<int>(task)),
                         QString::fromStdString(metrics[task]).replace('_', ' '),
                         shortText(best[task]->value), countText(step));
    if (!kept) text += tr(" (its checkpoint was not kept)");
    auto* action = addAction(menuText(text));
    action->setEnabled(kept);
    connect(action, &QAction::triggered, this,
            [this, folder, step] { requests_.fork(folder, step); });
  }
  if (isEmpty()) addAction(tr("No evaluation of the validation split yet"))->setEnabled(false);
}

}  // namespace eq::app
