#include "widgets/plots/conflict_page.h"

#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

#include "widgets/plots/affinity_map.h"
#include "widgets/plots/conflict_share_plot.h"
#include "widgets/plots/cost_bar.h"
#include "widgets/plots/geometry_plot.h"
#include "widgets/plots/geometry_view.h"
#include "widgets/plots/layers_map.h"
#include "widgets/plots/pair_map.h"
#include "widgets/plots/pairs_plot.h"
#include "widgets/plots/pairs_table.h"

namespace eq::widgets {
namespace {

constexpr int kEqual = 10000;  // any size that is too large is cut to equal parts

QSplitter* splitOf(Qt::Orientation orientation, const QList<QWidget*>& parts) {
  auto* splitter = new QSplitter(orientation);
  for (QWidget* part : parts) splitter->addWidget(part);
  splitter->setChildrenCollapsible(false);
  splitter->setSizes(QList<int>(parts.size(), kEqual));
  return splitter;
}

QWidget* twoRows(const QList<QWidget*>& upper, const QList<QWidget*>& lower) {
  auto* all =
      splitOf(Qt::Vertical, {splitOf(Qt::Horizontal, upper), splitOf(Qt::Horizontal, lower)});
  all->setStretchFactor(0, 3);
  all->setStretchFactor(1, 2);
  return all;
}

}  // namespace

ConflictPage::ConflictPage(const RunData& data, PlotLink& link, const Keep& keep, QWidget* parent)
    : QWidget(parent), tabs_(new QTabWidget(this)) {
  tabs_->setDocumentMode(true);
  tabs_->setAccessibleName(tr("Conflict"));
  auto* costs = new CostBar(data, this);
  connect(costs, &CostBar::samplingRequested, this, &ConflictPage::samplingRequested);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(tabs_, 1);
  layout->addWidget(costs);
  addPairs(data, link, keep);
  const auto alone = [&keep](PlotPanel* panel) {
    panel->setTitleShown(false);
    return keep(panel);
  };
  tabs_->addTab(alone(new LayersMap(data, link)), tr("Layers"));
  auto* geometry = new GeometryView(data, link);
  alone(&geometry->plot());
  tabs_->addTab(geometry, tr("Geometry"));
  tabs_->addTab(alone(new AffinityMap(data, link)), tr("Affinity"));
}

void ConflictPage::addPairs(const RunData& data, PlotLink& link, const Keep& keep) {
  using What = PairMap::What;
  const QList<QWidget*> pairs{keep(new PairMap(tr("Cosines"), {What::cosine}, data, link)),
                              new PairsTable(data)};
  const QList<QWidget*> course{keep(new PairsPlot(PairQuantity::angle, data, link)),
                               keep(new ConflictSharePlot(data, link))};
  tabs_->addTab(twoRows(pairs, course), tr("Overview"));
  const std::vector<What> measures{What::magnitudeSimilarity, What::curvature, What::angle,
                                   What::frequency, What::lastHalf};
  const QList<QWidget*> sizes{keep(new PairMap(tr("Pair map"), measures, data, link)),
                              keep(new PairsPlot(PairQuantity::magnitudeSimilarity, data, link))};
  const QList<QWidget*> bounds{keep(new PairsPlot(PairQuantity::curvature, data, link)),
                               keep(new ConditionPlot(data, link))};
  tabs_->addTab(twoRows(sizes, bounds), tr("Measures"));
}

QStringList ConflictPage::tabTitles() const {
  QStringList titles;
  for (int i = 0; i < tabs_->count(); ++i) titles << tabs_->tabText(i);
  return titles;
}

bool ConflictPage::turnTo(const QString& title) {
  for (int i = 0; i < tabs_->count(); ++i)
    if (tabs_->tabText(i).compare(title, Qt::CaseInsensitive) == 0) {
      tabs_->setCurrentIndex(i);
      return true;
    }
  return false;
}

QString ConflictPage::turnedTo() const {
  return tabs_->tabText(tabs_->currentIndex());
}

}  // namespace eq::widgets
