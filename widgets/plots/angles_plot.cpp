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
  AnglesPlot::restart();
}

void AnglesPlot::restyle(const PlotStyle& style) {
  TimePlot::restyle(style);
  right_->setPen(QPen(plotColours(style.theme).axis, style.lineWidth));
}

void AnglesPlot::restart() {
  TimePlot::restart();
  QStringList items{tr("all pairs")};
  for (int task = 0; task < data().taskCount(); ++task)
    items << tr("with %1").arg(shortName(data().taskName(task), kNameInBox));
  QStringList offered;
  for (int i = 0; i < choice_->count(); ++i) offered << choice_->itemText(i);
  choice_->setVisible(data().taskCount() > 2);
  if (items == offered) return;
  const QSignalBlocker blocker(choice_);
  choice_->clear();
  choice_->addItems(items);
  choice_->setCurrentIndex(data().taskCount() > kMostForAll ? 1 : 0);
}

std::vector<LineSpec> AnglesPlot::lines() const {
  std::vector<LineSpec> out;
  const int chosen = choice_->currentIndex() - 1;
  for (const auto& [source, suffix, track] : sampledSources(data()))
    for (int pair = 0; pair < data().pairCount(); ++pair) {
      const auto [a, b] = data().pairTasks(pair);
      if (chosen >= 0 && a != chosen && b != chosen) continue;
      const int colour = chosen < 0 ? pair : (a == chosen ? b : a);
      out.push_back({tr("%1 – %2").arg(data().taskName(a), data().taskName(b)) + suffix, colour,
                     &track->x.in(link().unit()), &track->angles[static_cast<std::size_t>(pair)],
                     LineSpec::Look::line, 0, &track->pairThere[static_cast<std::size_t>(pair)]});
    }
  return out;
}

QString AnglesPlot::yLabel() const {
  return withSource(data(), tr("Angle (degrees)"));
}

QString AnglesPlot::hint() const {
  return data().taskCount() == 1 ? tr("One task alone has no angle.") : conflictHint(data());
}

std::optional<PlotLine::Extent> AnglesPlot::fixedExtent(std::optional<int>) const {
  return PlotLine::Extent{0, 180};
}

}  // namespace eq::widgets
