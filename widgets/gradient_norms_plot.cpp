#include "widgets/gradient_norms_plot.h"

#include "widgets/conflict_lines.h"

namespace eq::widgets {

GradientNormsPlot::GradientNormsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Gradient norms"), data, link, parent) {}

std::vector<LineSpec> GradientNormsPlot::lines() const {
  std::vector<LineSpec> out;
  for (const auto& [source, track] : sampledSources(data()))
    for (int task = 0; task < data().taskCount(); ++task)
      out.push_back({tr("%1 (%2)").arg(data().taskName(task), source), task,
                     &track->x.in(link().unit()), &track->norms[static_cast<std::size_t>(task)]});
  return out;
}

QString GradientNormsPlot::yLabel() const {
  return tr("Norm of the task's gradient");
}

QString GradientNormsPlot::hint() const {
  return conflictHint(data());
}

}  // namespace eq::widgets
