#include "widgets/plots/architecture_plot.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QMouseEvent>
#include <QToolTip>

#include "widgets/plots/architecture_drawing.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/typed_number.h"

namespace eq::widgets {

ArchitecturePlot::ArchitecturePlot(const RunData& data, PlotLink& link, QWidget* parent)
    : SampledPanel(tr("Architecture"), data, link, parent),
      drawing_(new ArchitectureDrawing(plot())) {
  for (QCPAxis* axis : plot().axisRect()->axes()) axis->setVisible(false);
  connect(&plot(), &QCustomPlot::mouseMove, this,
          [this](const QMouseEvent* event) { mouseMoved(*event); });
}

bool ArchitecturePlot::any(const RunData& data) {
  return std::any_of(data.events().begin(), data.events().end(),
                     [&data](const auto& event) { return !ownersIn(event, data).empty(); });
}

void ArchitecturePlot::restart() {
  SampledPanel::restart();
  samples_.clear();
  seen_ = 0;
  drawing_->set({}, {}, {});
}

void ArchitecturePlot::grow() {
  for (; seen_ < data().events().size(); ++seen_) {
    const auto& event = data().events()[seen_];
    auto owners = ownersIn(event, data());
    const bool same = !samples_.empty() && samples_.back().owners == owners;
    if (!owners.empty() && !same) samples_.push_back({event.step, std::move(owners)});
  }
  SampledPanel::grow();
}

const std::vector<SharingOwner>& ArchitecturePlot::owners(int sample) const {
  return samples_[static_cast<std::size_t>(sample)].owners;
}

std::int64_t ArchitecturePlot::stepOf(int sample) const {
  return samples_[static_cast<std::size_t>(sample)].step;
}

std::int64_t ArchitecturePlot::lastStepOf(int sample) const {
  return sample + 1 < sampleCount() ? stepOf(sample + 1) : std::numeric_limits<std::int64_t>::max();
}

std::map<std::string, double> ArchitecturePlot::cosinesUpTo(std::int64_t step) const {
  std::map<std::string, double> out;
  const auto& conflicts = data().conflicts();
  for (std::size_t i = conflicts.size(); i-- > 0;) {
    if (conflicts[i].layers.empty()) continue;
    if (data().conflictX().in(XUnit::step)[i] > static_cast<double>(step)) continue;
    for (const auto& layer : conflicts[i].layers) {
      double sum = 0, count = 0;
      for (const double cosine : layer.cosines) {
        if (!std::isfinite(cosine)) continue;
        sum += cosine;
        ++count;
      }
      out[layer.name] = count > 0 ? sum / count : std::nan("");
    }
    break;
  }
  return out;
}

QString ArchitecturePlot::hint() const {
  return samples_.empty() ? tr("This run does not record what its model is made of.") : QString();
}

QString ArchitecturePlot::remark(int sample) const {
  std::int64_t numbers = 0, flops = 0;
  for (const SharingOwner& owner : owners(sample)) {
    numbers += owner.parameters;
    flops += owner.flops;
  }
  QString text =
      tr("%1 parameters, %2 an example").arg(widgets::countText(numbers), flopsText(flops));
  if (sampleCount() > 1)
    text = tr("from step %1 on (%2 of %3): %4")
               .arg(widgets::countText(stepOf(sample)))
               .arg(sample + 1)
               .arg(sampleCount())
               .arg(text);
  if (!cosinesUpTo(lastStepOf(sample)).empty())
    text += tr(" · layers: mean cosine, orange conflict, blue agreement");
  return text;
}

void ArchitecturePlot::draw(int sample) {
  QStringList names;
  for (int task = 0; task < data().taskCount(); ++task) names << data().taskName(task);
  drawing_->set(owners(sample), names, cosinesUpTo(lastStepOf(sample)));
  setLeastHeight(drawing_->heightWanted());
}

void ArchitecturePlot::restyle(const PlotStyle& style) {
  QFont font = this->font();
  font.setPointSizeF(style.fontSize);
  drawing_->restyle(font, style.theme);
  plot().legend->setVisible(false);
  if (shownSample() >= 0) setLeastHeight(drawing_->heightWanted());
}

void ArchitecturePlot::mouseMoved(const QMouseEvent& event) {
  QToolTip::showText(event.globalPosition().toPoint(),
                     plainToolTip(drawing_->textAt(event.position())), &plot());
}

std::vector<Series> ArchitecturePlot::series() const {
  std::map<std::string, Series> layers;
  std::vector<std::string> order;
  for (int sample = 0; sample < sampleCount(); ++sample)
    for (const SharingOwner& owner : owners(sample))
      for (const SharingLayer& layer : owner.layers) {
        auto& one = layers[layer.name];
        if (one.name.isEmpty()) {
          one.name = tr("parameters of %1").arg(shownName(layer.name));
          one.xName = toText(link().unit());
          one.colour = static_cast<int>(order.size());
          order.push_back(layer.name);
        }
        one.x.push_back(data().xAt(stepOf(sample), link().unit()));
        one.y.push_back(static_cast<double>(layer.parameters));
      }
  std::vector<Series> out;
  for (const auto& name : order) out.push_back(layers[name]);
  return out;
}

}  // namespace eq::widgets
