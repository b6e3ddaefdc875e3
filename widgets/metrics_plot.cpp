#include "widgets/metrics_plot.h"

#include <QComboBox>
#include <QSignalBlocker>

namespace eq::widgets {
namespace {

constexpr std::array kLooks{LineSpec::Look::circles, LineSpec::Look::discs,
                            LineSpec::Look::squares};
constexpr std::array kSplits{train::SplitName::train, train::SplitName::validation,
                             train::SplitName::test};

}  // namespace

MetricsPlot::MetricsPlot(const RunData& data, PlotLink& link, QWidget* parent)
    : TimePlot(tr("Metrics"), data, link, parent),
      metric_(new QComboBox(this)),
      split_(new QComboBox(this)) {
  metric_->setAccessibleName(tr("Metric"));
  metric_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  split_->setAccessibleName(tr("Split"));
  split_->addItems({tr("all splits"), tr("train"), tr("validation"), tr("test")});
  addControl(metric_);
  addControl(split_);
  connect(metric_, &QComboBox::currentIndexChanged, this, &MetricsPlot::startAgain);
  connect(split_, &QComboBox::currentIndexChanged, this, &MetricsPlot::startAgain);
}

void MetricsPlot::setMetric(const QString& id) {
  offerMetrics();
  const int index = metric_->findText(id);
  if (index >= 0) metric_->setCurrentIndex(index);
}

void MetricsPlot::grow() {
  offerMetrics();
  TimePlot::grow();
}

void MetricsPlot::offerMetrics() {
  const QStringList ids = data().metricIds();
  QStringList offered;
  for (int i = 0; i < metric_->count(); ++i) offered << metric_->itemText(i);
  if (offered == ids) return;
  const QSignalBlocker blocker(metric_);
  const QString chosen = metric_->currentText();
  metric_->clear();
  metric_->addItems(ids);
  // The loss has a plot of its own: begin with another metric where there is one.
  const auto index = ids.indexOf(chosen);
  metric_->setCurrentIndex(static_cast<int>(index >= 0 ? index : ids.size() > 1 ? 1 : 0));
}

std::vector<LineSpec> MetricsPlot::lines() const {
  std::vector<LineSpec> out;
  const QString id = metric_->currentText();
  for (int split = 0; split < static_cast<int>(kSplits.size()); ++split) {
    if (split_->currentIndex() > 0 && split_->currentIndex() != split + 1) continue;
    const auto name = kSplits[static_cast<std::size_t>(split)];
    for (int task = 0; task < data().taskCount(); ++task)
      if (const Track* track = data().metric(task, id, name))
        out.push_back(
            {tr("%1, %2").arg(data().taskName(task), QString::fromStdString(train::toText(name))),
             task, &track->x.in(link().unit()), &track->y,
             kLooks[static_cast<std::size_t>(split)]});
  }
  return out;
}

QString MetricsPlot::yLabel() const {
  return metric_->currentText();
}

QString MetricsPlot::hint() const {
  if (data().metricIds().isEmpty()) return tr("Metrics appear here with the first evaluation.");
  return lines().empty() ? tr("No evaluation of this split yet.") : QString();
}

}  // namespace eq::widgets
