#include "widgets/plots/conflict_lines.h"

#include <QObject>

namespace eq::widgets {

QString sourceText(train::GradientSource source) {
  switch (source) {
    case train::GradientSource::exact:
      return QObject::tr("exact");
    case train::GradientSource::representation:
      return QObject::tr("representation");
    case train::GradientSource::feedback:
      return QObject::tr("feedback");
  }
  return {};
}

std::vector<SampledSource> sampledSources(const RunData& data) {
  std::vector<SampledSource> out;
  for (const auto source : train::kGradientSources) {
    const ConflictTrack& track = data.conflictTrack(source);
    if (!track.share.empty()) out.push_back({sourceText(source), {}, &track});
  }
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
