#include "widgets/plots/angles_plot.h"

#include <qcustomplot.h>

#include <QComboBox>
#include <QSignalBlocker>

#include "widgets/plots/conflict_lines.h"
#include "widgets/style/plain_text.h"

namespace eq::widgets {
namespace {

constexpr int kMostForAll = 4;  // tasks, beyond which the pairs of the first are shown at first

}  // namespace

AnglesPlot::AnglesPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Angles"), data, link, parent), choice_(new QComboBox(this)) {
  choice_->setAccessibleName(tr("Pairs"));
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  addControl(choice_);
  connect(choice_, &QComboBox::currentIndexChanged, this, &AnglesPlot::startAgain);
  right_ = new QCPItemStraightLine(&plot());
  right_->setLayer("grid");
  right_->point1->setCoords(0, 90);
  right_->point2->setCoords(1, 90);
  offerTasks();
}

void AnglesPlot::restyle(const PlotStyle& style) {
  TimePlot::restyle(style);
  right_->setPen(QPen(plotColours(style.theme).axis, style.lineWidth));
}

void AnglesPlot::grow() {
  offerTasks();
  TimePlot::grow();
}

void AnglesPlot::offerTasks() {
  const RunData& run = lead();
  QStringList items{tr("all pairs")};
  for (int task = 0; task < run.taskCount(); ++task)
    items << tr("with %1").arg(shortName(run.taskName(task), kNameInBox));
  QStringList offered;
  for (int i = 0; i < choice_->count(); ++i) offered << choice_->itemText(i);
  choice_->setVisible(run.taskCount() > 2);
  if (items == offered) return;
  const QSignalBlocker blocker(choice_);
  choice_->clear();
  choice_->addItems(items);
  choice_->setCurrentIndex(run.taskCount() > kMostForAll ? 1 : 0);
}

/// A task of the first run by its name in another; their count where it has none. All stay all.
int AnglesPlot::taskOf(const RunData& run, int task) const {
  if (task < 0 || task >= lead().taskCount()) return -1;
  for (int i = 0; i < run.taskCount(); ++i)
    if (run.taskName(i) == lead().taskName(task)) return i;
  return run.taskCount();
}

std::vector<LineSpec> AnglesPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  const int chosen = taskOf(run, choice_->currentIndex() - 1);
  if (chosen == run.taskCount()) return out;
  for (const auto& [source, suffix, track] : sampledSources(run))
    for (int pair = 0; pair < run.pairCount(); ++pair) {
      const auto [a, b] = run.pairTasks(pair);
      if (chosen >= 0 && a != chosen && b != chosen) continue;
      const int colour = chosen < 0 ? pair : (a == chosen ? b : a);
      out.push_back({tr("%1 – %2").arg(run.taskName(a), run.taskName(b)) + suffix, colour,
                     &track->x, &track->angles[static_cast<std::size_t>(pair)],
                     LineSpec::Look::line, 0, &track->pairThere[static_cast<std::size_t>(pair)]});
    }
  return out;
}

QString AnglesPlot::yLabel() const {
  return withSource(lead(), tr("Angle (degrees)"));
}

QString AnglesPlot::emptyText(const RunData& run) const {
  return run.taskCount() == 1 ? tr("One task alone has no angle.") : conflictHint(run);
}

std::optional<PlotLine::Extent> AnglesPlot::fixedExtent(std::optional<int>) const {
  return PlotLine::Extent{0, 180};
}

}  // namespace eq::widgets
