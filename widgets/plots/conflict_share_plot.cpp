#include "widgets/plots/conflict_share_plot.h"

#include "widgets/plots/conflict_lines.h"

namespace eq::widgets {

ConflictSharePlot::ConflictSharePlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Conflict frequency"), data, link, parent) {}

std::vector<LineSpec> ConflictSharePlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  int colour = 0;
  for (const auto& [source, suffix, track] : sampledSources(run)) {
    const XColumns& x = track->x;
    out.push_back({tr("pairs in conflict") + suffix, colour++, &x, &track->share,
                   LineSpec::Look::smoothed, 0, &track->anyThere});
    out.push_back({tr("mean since the start") + suffix, colour++, &x, &track->meanShare,
                   LineSpec::Look::line, 0, &track->anyThere});
    out.push_back({tr("mean of the last half") + suffix, colour++, &x, &track->halfShare,
                   LineSpec::Look::line, 0, &track->anyThere});
  }
  return out;
}

QString ConflictSharePlot::yLabel() const {
  return withSource(lead(), tr("Share"));
}

QString ConflictSharePlot::emptyText(const RunData& run) const {
  return conflictHint(run);
}

std::optional<PlotLine::Extent> ConflictSharePlot::fixedExtent(std::optional<int>) const {
  return PlotLine::Extent{isLogY() ? 0.01 : 0, 1};
}

ConditionPlot::ConditionPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Condition number"), data, link, parent) {
  setLogY(true);
}

std::vector<LineSpec> ConditionPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  int colour = 0;
  for (const auto& [source, suffix, track] : sampledSources(run))
    out.push_back({tr("condition number") + suffix, colour++, &track->x, &track->conditionNumber,
                   LineSpec::Look::line, 0, &track->anyThere});
  return out;
}

QString ConditionPlot::yLabel() const {
  return withSource(lead(), tr("Condition"));
}

QString ConditionPlot::emptyText(const RunData& run) const {
  return conflictHint(run);
}

}  // namespace eq::widgets
