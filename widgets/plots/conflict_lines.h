#pragma once

#include <vector>

#include <QString>

#include "widgets/session/run_data.h"

namespace eq::widgets {

/// "exact", "representation" or "feedback".
QString sourceText(train::GradientSource source);

/// A source of conflict statistics that has samples.
struct SampledSource {
  QString name;    ///< see sourceText
  QString suffix;  ///< of a line's name: " (exact)" where several sources have samples, else empty
  const ConflictTrack* track = nullptr;
};
std::vector<SampledSource> sampledSources(const RunData& data);

/// "Angle, exact gradients": the label of an axis, with the source where there is only one.
QString withSource(const RunData& data, const QString& label);

/// ", every 10 steps": how the statistics are sampled now; empty where every step is measured.
QString everyText(const RunData& data);

/// What a plot of conflict statistics says while it has none; empty when it has some.
QString conflictHint(const RunData& data);

}  // namespace eq::widgets
