#include "widgets/plots/gradient_norms_plot.h"

#include "widgets/plots/conflict_lines.h"

namespace eq::widgets {

GradientNormsPlot::GradientNormsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Gradient norms"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> GradientNormsPlot::lines() const {
  std::vector<LineSpec> out;
  for (const auto& [source, suffix, track] : sampledSources(data()))
    for (int task = 0; task < data().taskCount(); ++task)
      out.push_back({data().taskName(task) + suffix, task, &track->x.in(link().unit()),
                     &track->norms[static_cast<std::size_t>(task)], LineSpec::Look::line, 0,
                     &track->taskThere[static_cast<std::size_t>(task)]});
  return out;
}

QString GradientNormsPlot::yLabel() const {
  return withSource(data(), tr("Gradient norm"));
}

QString GradientNormsPlot::hint() const {
  return conflictHint(data());
}

}  // namespace eq::widgets
