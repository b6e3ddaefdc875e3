#include "widgets/plots/conflict_lines.h"

#include <QObject>

namespace eq::widgets {

std::vector<SampledSource> sampledSources(const RunData& data) {
  std::vector<SampledSource> out;
  const auto add = [&](const QString& name, train::GradientSource source) {
    const ConflictTrack& track = data.conflictTrack(source);
    if (!track.share.empty()) out.push_back({name, {}, &track});
  };
  add(QObject::tr("exact"), train::GradientSource::exact);
  add(QObject::tr("representation"), train::GradientSource::representation);
  if (out.size() > 1)
    for (auto& source : out) source.suffix = " (" + source.name + ")";
  return out;
}

QString withSource(const RunData& data, const QString& label) {
  const auto sources = sampledSources(data);
  return sources.size() == 1 ? QObject::tr("%1, %2").arg(label, sources[0].name) : label;
}

QString everyText(const RunData& data) {
  const auto every = data.experiment().conflict.every;
  return every > 1 ? QObject::tr(", every %1 steps").arg(every) : QString();
}

QString conflictHint(const RunData& data) {
  if (!data.conflicts().empty()) return {};
  if (data.isImported())
    return QObject::tr("The program that made this run recorded no gradients.");
  if (data.empty()) return QObject::tr("Gradients are compared from the first sampled step on.");
  if (data.experiment().conflict.every == 0)
    return QObject::tr("Conflict sampling is off. Set “Conflict: every” to a number of steps.");
  return QObject::tr("Gradients are sampled every %1 steps; none was yet.")
      .arg(data.experiment().conflict.every);
}

}  // namespace eq::widgets
