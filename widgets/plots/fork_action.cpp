#include "widgets/plots/fork_action.h"

#include <filesystem>

#include "widgets/plots/plot_link.h"
#include "widgets/session/run_data.h"
#include "widgets/session/shown_runs.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {

std::filesystem::path recordedFocus(const PlotLink& link) {
  if (link.runs())
    for (const ShownRun& run : link.runs()->runs())
      if (run.focus && !run.data->isImported()) return run.folder;
  return {};
}

ForkAction::ForkAction(PlotLink& link, QObject* parent) : QAction(parent), link_(link) {
  setObjectName("fork");
  setVisible(false);
  connect(this, &QAction::triggered, this, [this] {
    if (const auto folder = recordedFocus(link_); !folder.empty())
      emit link_.forkRequested(folder, step_);
  });
}

void ForkAction::offer(std::optional<std::int64_t> step) {
  setVisible(step.has_value() && !recordedFocus(link_).empty());
  if (!step) return;
  step_ = *step;
  setText(tr("&Fork from step %1…").arg(widgets::countText(step_)));
}

}  // namespace eq::widgets
