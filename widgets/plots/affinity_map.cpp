#include "widgets/plots/affinity_map.h"

#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>

#include "core/base/number_text.h"
#include "widgets/plots/conflict_lines.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {
namespace {

constexpr int kMostGroups = 4;
constexpr int kDigitsOfAffinity = 2;

QString affinityText(double value) {
  return std::isnan(value) ? QString("–")
                           : QString::fromStdString(numberText(value, kDigitsOfAffinity));
}

}  // namespace

AffinityMap::AffinityMap(const RunData& data, PlotLink& link, QWidget* parent)
    : SampledMap(tr("Task affinity"), data, link, parent),
      choice_(new QComboBox(this)),
      groups_(new QSpinBox(this)) {
  choice_->setAccessibleName(tr("How it was found"));
  choice_->setToolTip(
      tr("Look-ahead: what the losses were after a step for one task alone.\nFirst order: from the "
         "gradients that are compared anyway, at no further cost."));
  choice_->addItems({tr("First order, estimated"), tr("Look-ahead, exact")});
  addControl(choice_);
  groups_->setAccessibleName(tr("Most groups"));
  groups_->setToolTip(tr("How many groups of tasks may be suggested"));
  groups_->setRange(1, kMostGroups);
  groups_->setValue(2);
  mean_ = addToggle(tr("Mean"), tr("The mean of all samples instead of one"));
  mean_->setChecked(true);
  addControl(groups_);
  connect(choice_, &QComboBox::activated, this, [this](int index) {
    chosen_ = static_cast<How>(index);
    startAgain();
  });
  connect(mean_, &QToolButton::toggled, this, &AffinityMap::refresh);
  connect(groups_, &QSpinBox::valueChanged, this, &AffinityMap::startAgain);
  plot().xAxis->setLabel(tr("helps this task (harms: orange)"));
  plot().yAxis->setLabel(tr("A step for this task"));
  AffinityMap::restart();
}

AffinityMap::How AffinityMap::how() const {
  if (chosen_) return *chosen_;
  return data().affinities().empty() ? How::firstOrder : How::lookAhead;
}

void AffinityMap::showChoice() {
  shown_ = how();
  const QSignalBlocker blocker(choice_);
  choice_->setCurrentIndex(static_cast<int>(shown_));
}

const XColumns& AffinityMap::places() const {
  return shown_ == How::lookAhead ? data().affinityX() : data().conflictX();
}

std::int64_t AffinityMap::stepOf(int sample) const {
  return std::llround(places().in(XUnit::step)[static_cast<std::size_t>(sample)]);
}

void AffinityMap::restart() {
  SampledMap::restart();
  showChoice();
  const auto cells = static_cast<std::size_t>(data().taskCount() * data().taskCount());
  sums_.assign(cells, 0);
  counts_.assign(cells, 0);
  taken_ = 0;
  grouping_.reset();
}

int AffinityMap::sampleCount() const {
  return static_cast<int>(shown_ == How::lookAhead ? data().affinities().size()
                                                   : data().conflicts().size());
}

double AffinityMap::affinityAt(int sample, int row, int column) const {
  const auto at = static_cast<std::size_t>(sample);
  const auto tasks = static_cast<std::size_t>(data().taskCount());
  const auto i = static_cast<std::size_t>(row), j = static_cast<std::size_t>(column);
  if (shown_ == How::firstOrder) return firstOrder(at, i, j);
  const auto& found = data().affinities()[at];
  return found.size() == tasks * tasks ? found[i * tasks + j] : std::nan("");
}

double AffinityMap::firstOrder(std::size_t sample, std::size_t i, std::size_t j) const {
  const auto tasks = static_cast<std::size_t>(data().taskCount());
  const auto& record = data().conflicts()[sample];
  const auto step = data().rowAt(data().conflictX().in(XUnit::step)[sample], XUnit::step);
  if (!step || record.cosines.size() != tasks * tasks) return std::nan("");
  const double product = record.cosines[i * tasks + j] * record.norms[i] * record.norms[j];
  return data().learningRates()[*step] * product / data().losses(static_cast<int>(j))[*step];
}

void AffinityMap::takeSamples() {
  const int tasks = data().taskCount();
  if (taken_ == sampleCount()) return;
  for (; taken_ < sampleCount(); ++taken_)
    for (int row = 0; row < tasks; ++row)
      for (int column = 0; column < tasks; ++column) {
        const double found = affinityAt(taken_, row, column);
        if (!std::isfinite(found)) continue;
        const auto cell = static_cast<std::size_t>(row * tasks + column);
        sums_[cell] += found;
        counts_[cell] += 1;
      }
  Column means;
  for (std::size_t cell = 0; cell < sums_.size(); ++cell)
    means.push_back(counts_[cell] == 0 ? 0 : sums_[cell] / counts_[cell]);
  grouping_ = groupTasks(means, static_cast<std::size_t>(tasks),
                         static_cast<std::size_t>(groups_->value()));
}

void AffinityMap::grow() {
  if (how() != shown_) return startAgain();
  if (data().taskCount() > 0) takeSamples();
  SampledMap::grow();
}

bool AffinityMap::walks() const {
  return !mean_->isChecked();
}

SampledMap::Names AffinityMap::names(int) const {
  Names out;
  for (int task = 0; task < data().taskCount(); ++task) out.rows << data().taskName(task);
  out.columns = out.rows;
  return out;
}

double AffinityMap::value(int sample, int row, int column) const {
  if (walks()) return affinityAt(sample, row, column);
  const auto cell = static_cast<std::size_t>(row * data().taskCount() + column);
  return counts_[cell] == 0 ? std::nan("") : sums_[cell] / counts_[cell];
}

/// Both signs alike; what a task does for itself is no measure for the others.
SampledMap::Scale AffinityMap::scale(int sample) const {
  double most = 1e-12;
  for (int row = 0; row < data().taskCount(); ++row)
    for (int column = 0; column < data().taskCount(); ++column)
      if (row != column) {
        const double found = std::abs(value(sample, row, column));
        if (std::isfinite(found)) most = std::max(most, found);
      }
  return {tr("Share of the loss"), -most, most, [most](Theme theme, double value) {
            return cosineColour(theme, std::clamp(value / most, -1.0, 1.0));
          }};
}

QString AffinityMap::cellText(double value) const {
  return affinityText(value);
}

QString AffinityMap::formText(int sample) const {
  if (shown_ == How::lookAhead) {
    const auto every = data().experiment().affinity.every;
    return tr("look-ahead, exact%1").arg(every > 1 ? tr(", every %1 steps").arg(every) : QString());
  }
  const auto& record = data().conflicts()[static_cast<std::size_t>(sample)];
  return tr("first order, %1%2")
      .arg(record.source == train::GradientSource::exact ? tr("exact gradients")
           : record.source == train::GradientSource::feedback
               ? tr("direct feedback")
               : tr("gradients in the representation"),
           everyText(data()));
}

QString AffinityMap::remark(int sample) const {
  const QString form = formText(sample);
  const QString count = widgets::countText(sampleCount());
  const QString text = walks() ? tr("step %1 (%2 of %3), %4")
                                     .arg(widgets::countText(stepOf(sample)),
                                          widgets::countText(sample + 1), count, form)
                               : tr("mean of %1 samples, %2").arg(count, form);
  return text + " · " + groupsText();
}

QString AffinityMap::groupsText() const {
  QStringList groups;
  for (const auto& group : grouping_->groups) {
    QStringList names;
    for (const auto task : group)
      names << shortName(data().taskName(static_cast<int>(task)), kNameInBox);
    groups << "{" + names.join(", ") + "}";
  }
  const QString how = grouping_->greedy ? tr("suggests (a heuristic)") : tr("suggests");
  return tr("%1 %2, worth %3").arg(how, groups.join(" "), affinityText(grouping_->score));
}

QString AffinityMap::tip(int sample, int row, int column) const {
  const QString text = shown_ == How::lookAhead
                           ? tr("a step for %1\nchanges the loss of %2 by %3 of it")
                           : tr("a step for %1\nchanges the loss of %2 by about %3 of it");
  return text.arg(data().taskName(row), data().taskName(column),
                  affinityText(-value(sample, row, column)));
}

QString AffinityMap::hint() const {
  if (shown_ == How::firstOrder) return conflictHint(data());
  if (!data().affinities().empty()) return {};
  const auto every = data().experiment().affinity.every;
  return every == 0
             ? tr("Look-ahead is off. Set “Look-ahead affinity: every” to a number of steps; "
                  "each look takes about as long as %1 steps.")
                   .arg(data().taskCount() + 2)
             : tr("It is looked ahead every %1 steps; it was not yet.").arg(every);
}

std::vector<Series> AffinityMap::series() const {
  std::vector<Series> out;
  if (sampleCount() == 0) return out;
  for (int row = 0; row < data().taskCount(); ++row)
    for (int column = 0; column < data().taskCount(); ++column) {
      Series one{tr("%1 for %2").arg(data().taskName(row), data().taskName(column)),
                 toText(link().unit()),
                 places().in(link().unit()),
                 {},
                 static_cast<int>(out.size())};
      for (int sample = 0; sample < sampleCount(); ++sample)
        one.y.push_back(affinityAt(sample, row, column));
      out.push_back(std::move(one));
    }
  return out;
}

}  // namespace eq::widgets
