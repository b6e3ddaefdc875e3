#include "widgets/plots/losses_plot.h"

#include <map>

namespace eq::widgets {

LossesPlot::LossesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Losses"), data, link, parent) {
  splitByTask();
}

std::vector<LineSpec> LossesPlot::lines() const {
  std::vector<LineSpec> out;
  const XUnit unit = link().unit();
  for (int task = 0; task < data().taskCount(); ++task)
    out.push_back({data().taskName(task), task, &data().x(unit), &data().losses(task),
                   LineSpec::Look::smoothed, 0, &data().weights(task)});
  std::map<int, int> parts;
  for (const TermTrack& term : data().terms())
    out.push_back({tr("%1, %2").arg(data().taskName(term.task), term.name), term.task,
                   &term.track.x.in(unit), &term.track.y, LineSpec::Look::smoothed,
                   ++parts[term.task]});
  for (int task = 0; task < data().taskCount(); ++task)
    if (const Track* track = data().metric(task, "loss", train::SplitName::validation))
      out.push_back({tr("%1, validation").arg(data().taskName(task)), task, &track->x.in(unit),
                     &track->y, LineSpec::Look::discs});
  return out;
}

QString LossesPlot::yLabel() const {
  return tr("Loss");
}

QString LossesPlot::hint() const {
  return data().empty() ? tr("The losses appear here with the first step. Press Start.")
                        : QString();
}

}  // namespace eq::widgets
