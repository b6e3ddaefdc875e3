#include "widgets/plots/tree_plot.h"

#include <cmath>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QToolTip>

#include "widgets/plots/tree_drawing.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {

TreePlot::TreePlot(const RunData& data, PlotLink& link, QWidget* parent)
    : SampledPanel(tr("Tree"), data, link, parent), drawing_(new TreeDrawing(plot())) {
  for (QCPAxis* axis : plot().axisRect()->axes()) axis->setVisible(false);
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
}

void TreePlot::restart() {
  SampledPanel::restart();
  samples_.restart();
  drawing_->set({}, {});
}

void TreePlot::grow() {
  samples_.grow(data());
  SampledPanel::grow();
}

QString TreePlot::hint() const {
  return samples_.count() == 0 ? tr("The ways of this run's tasks were not recorded.") : QString();
}

QString TreePlot::remark(int sample) const {
  QString text = tr("step %1 (%2 of %3)")
                     .arg(widgets::countText(stepOf(sample)), widgets::countText(sample + 1),
                          widgets::countText(sampleCount()));
  if (samples_.isDrawn(sample))
    text += tr(", drawn branches, mean of %1 observations").arg(TreeSamples::kMeanOver);
  return text;
}

void TreePlot::draw(int sample) {
  QStringList names;
  for (int task = 0; task < data().taskCount(); ++task) names << data().taskName(task);
  drawing_->set(samples_.ways(data(), sample), names);
  setLeastHeight(drawing_->heightWanted());
}

void TreePlot::restyle(const PlotStyle& style) {
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  drawing_->restyle(font, style.theme);
  plot().legend->setVisible(false);
  if (shownSample() >= 0) setLeastHeight(drawing_->heightWanted());
}

void TreePlot::mouseMoved(const QMouseEvent& event) {
  QString text;
  const int sample = shownSample();
  const auto [stage, copy] = drawing_->copyAt(event.position());
  if (sample >= 0 && stage >= 0) {
    const TaskWays ways = samples_.ways(data(), sample);
    QStringList lines{tr("stage %1, copy %2 of %3")
                          .arg(stage + 1)
                          .arg(copy + 1)
                          .arg(ways.stages[static_cast<std::size_t>(stage)].copies)};
    for (std::size_t task = 0; task < ways.tasks(); ++task) {
      const double share = ways.through(static_cast<std::size_t>(stage), copy, task);
      if (share <= 0) continue;
      const QString name = data().taskName(static_cast<int>(task));
      lines << (samples_.isDrawn(sample) ? tr("%1: %2").arg(name, fixedText(share, 2)) : name);
    }
    text = lines.join('\n');
  }
  QToolTip::showText(event.globalPosition().toPoint(), plainToolTip(text), &plot());
}

std::vector<Series> TreePlot::series() const {
  std::vector<Series> out;
  std::size_t stages = 0;
  std::vector<TaskWays> all;
  for (int sample = 0; sample < sampleCount(); ++sample) {
    all.push_back(samples_.ways(data(), sample));
    stages = std::max(stages, all.back().stages.size());
  }
  for (int task = 0; task < data().taskCount(); ++task)
    for (std::size_t stage = 0; stage < stages; ++stage) {
      Series one{tr("%1, copy of stage %2").arg(data().taskName(task)).arg(stage + 1),
                 toText(link().unit()),
                 {},
                 {},
                 task};
      for (int sample = 0; sample < sampleCount(); ++sample) {
        const TaskWays& ways = all[static_cast<std::size_t>(sample)];
        const auto copy = stage < ways.stages.size()
                              ? ways.copyOf(stage, static_cast<std::size_t>(task))
                              : std::nullopt;
        one.x.push_back(data().xAt(stepOf(sample), link().unit()));
        one.y.push_back(copy ? *copy + 1 : std::nan(""));
      }
      out.push_back(std::move(one));
    }
  return out;
}

}  // namespace eq::widgets
