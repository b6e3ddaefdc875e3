#include "widgets/plots/losses_plot.h"

#include <map>

namespace eq::widgets {

LossesPlot::LossesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Losses"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> LossesPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  const bool hasSteps = !run.isImported() || !run.x(XUnit::step).empty();
  for (int task = 0; task < run.taskCount() && hasSteps; ++task)
    out.push_back({run.taskName(task), task, &run.positions(), &run.losses(task),
                   LineSpec::Look::smoothed, 0, &run.weights(task)});
  std::map<int, int> parts;
  for (const TermTrack& term : run.terms())
    out.push_back({tr("%1, %2").arg(run.taskName(term.task), term.name), term.task, &term.track.x,
                   &term.track.y, LineSpec::Look::smoothed, ++parts[term.task]});
  const auto addEvaluated = [&](const QString& name, train::SplitName split, LineSpec::Look look) {
    for (int task = 0; task < run.taskCount(); ++task)
      if (const Track* track = run.metric(task, "loss", split))
        out.push_back({name.arg(run.taskName(task)), task, &track->x, &track->y, look});
  };
  if (run.isImported())
    addEvaluated(tr("%1, train"), train::SplitName::train, LineSpec::Look::circles);
  addEvaluated(tr("%1, validation"), train::SplitName::validation, LineSpec::Look::discs);
  return out;
}

QString LossesPlot::yLabel() const {
  return tr("Loss");
}

QString LossesPlot::emptyText(const RunData& run) const {
  return run.empty() ? tr("The losses appear here with the first step. Press Start.") : QString();
}

}  // namespace eq::widgets
