#include "widgets/plots/gradient_norms_plot.h"

#include "widgets/plots/conflict_lines.h"

namespace eq::widgets {

GradientNormsPlot::GradientNormsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Gradient norms"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> GradientNormsPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  for (const auto& [source, suffix, track] : sampledSources(run))
    for (int task = 0; task < run.taskCount(); ++task)
      out.push_back({run.taskName(task) + suffix, task, &track->x,
                     &track->norms[static_cast<std::size_t>(task)], LineSpec::Look::line, 0,
                     &track->taskThere[static_cast<std::size_t>(task)]});
  return out;
}

QString GradientNormsPlot::yLabel() const {
  return withSource(lead(), tr("Gradient norm"));
}

QString GradientNormsPlot::emptyText(const RunData& run) const {
  return conflictHint(run);
}

}  // namespace eq::widgets
