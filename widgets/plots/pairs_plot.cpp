#include "widgets/plots/pairs_plot.h"

#include <algorithm>

#include <qcustomplot.h>

#include <QComboBox>
#include <QSignalBlocker>

#include "widgets/plots/conflict_lines.h"
#include "widgets/plots/pair_words.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kMostForAll = 4;           // tasks, beyond which the worst pairs are shown at first
constexpr std::size_t kWorst = 6;        // pairs
constexpr int kAll = -1, kWorstOf = -2;  // beside tasks

}  // namespace

PairsPlot::PairsPlot(PairQuantity quantity, const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(quantityTitle(quantity), data, link, parent),
      quantity_(quantity),
      choice_(new QComboBox(this)),
      even_(new QCPItemStraightLine(&plot())) {
  choice_->setAccessibleName(tr("Pairs"));
  choice_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  addControl(choice_);
  connect(choice_, &QComboBox::currentIndexChanged, this, &PairsPlot::startAgain);
  const double even = quantity == PairQuantity::angle ? 90 : 1;
  even_->setLayer("grid");
  even_->setVisible(quantity != PairQuantity::magnitudeSimilarity);
  even_->point1->setCoords(0, even);
  even_->point2->setCoords(1, even);
  offerTasks();
}

void PairsPlot::restyle(const PlotStyle& style) {
  TimePlot::restyle(style);
  even_->setPen(QPen(plotColours(style.theme).axis, style.lineWidth));
}

void PairsPlot::grow() {
  offerTasks();
  TimePlot::grow();
}

void PairsPlot::offerTasks() {
  const RunData& run = lead();
  const bool many = run.taskCount() > kMostForAll;
  QStringList items;
  std::vector<int> choices;
  const auto offer = [&](const QString& text, int choice) {
    items << text;
    choices.push_back(choice);
  };
  if (many) offer(tr("worst %1").arg(kWorst), kWorstOf);
  offer(tr("all pairs"), kAll);
  for (int task = 0; task < run.taskCount(); ++task)
    offer(tr("with %1").arg(shortName(run.taskName(task), kNameInBox)), task);
  QStringList offered;
  for (int i = 0; i < choice_->count(); ++i) offered << choice_->itemText(i);
  choice_->setVisible(run.taskCount() > 2);
  if (items == offered) return;
  const QSignalBlocker blocker(choice_);
  choice_->clear();
  for (qsizetype i = 0; i < items.size(); ++i)
    choice_->addItem(items[i], choices[static_cast<std::size_t>(i)]);
}

bool PairsPlot::isWorst() const {
  return choice_->currentData().toInt() == kWorstOf;
}

/// A task of the first run by its name in another; their count where it has none.
int PairsPlot::taskOf(const RunData& run, int task) const {
  for (int i = 0; i < run.taskCount(); ++i)
    if (run.taskName(i) == lead().taskName(task)) return i;
  return run.taskCount();
}

std::vector<int> PairsPlot::pairsOf(const RunData& run) const {
  if (isWorst()) {
    auto pairs = run.newestConflictTrack().worstPairs();
    pairs.resize(std::min(pairs.size(), kWorst));
    return pairs;
  }
  const int choice = choice_->currentData().toInt();
  const int task = choice == kAll ? -1 : taskOf(run, choice);
  std::vector<int> pairs;
  for (int pair = 0; pair < run.pairCount(); ++pair) {
    const auto [a, b] = run.pairTasks(pair);
    if (choice == kAll || a == task || b == task) pairs.push_back(pair);
  }
  return pairs;
}

std::vector<LineSpec> PairsPlot::lines(const RunData& run) const {
  std::vector<LineSpec> out;
  const int choice = choice_->currentData().toInt();
  const auto pairs = pairsOf(run);
  for (const auto& [source, suffix, track] : sampledSources(run))
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const auto pair = static_cast<std::size_t>(pairs[i]);
      const auto [a, b] = run.pairTasks(pairs[i]);
      const int colour = choice == kAll       ? pairs[i]
                         : choice == kWorstOf ? static_cast<int>(i)
                                              : (a == taskOf(run, choice) ? b : a);
      out.push_back({tr("%1 – %2").arg(run.taskName(a), run.taskName(b)) + suffix, colour,
                     &track->x, &track->pair(quantity_, pairs[i]), LineSpec::Look::line, 0,
                     &track->pairThere[pair]});
    }
  return out;
}

QString PairsPlot::yLabel() const {
  return withSource(lead(), quantityAxisText(quantity_));
}

QString PairsPlot::note() const {
  if (!isWorst() || lead().conflicts().empty()) return {};
  return tr("the %1 pairs of %2 with the lowest mean cosine")
      .arg(std::min<qsizetype>(kWorst, lead().pairCount()))
      .arg(widgets::countText(lead().pairCount()));
}

QString PairsPlot::emptyText(const RunData& run) const {
  return run.taskCount() == 1 ? tr("One task alone has no pair.") : conflictHint(run);
}

std::optional<PlotLine::Extent> PairsPlot::fixedExtent(std::optional<int>) const {
  return quantityExtent(quantity_);
}

}  // namespace eq::widgets
