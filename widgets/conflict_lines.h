#pragma once

#include <vector>

#include <QString>

#include "widgets/run_data.h"

namespace eq::widgets {

/// A source of conflict statistics that has samples.
struct SampledSource {
  QString name;  ///< "exact" or "representation"
  const ConflictTrack* track = nullptr;
};
std::vector<SampledSource> sampledSources(const RunData& data);

/// What a plot of conflict statistics says while it has none; empty when it has some.
QString conflictHint(const RunData& data);

}  // namespace eq::widgets
