#pragma once

#include <vector>

#include <QString>
#include <QStringList>

#include "core/run/run_folder.h"
#include "core/train/experiment.h"

namespace eq::widgets {

struct NamedRun {
  run::RunInfo info;
  const train::Experiment* experiment;
};

/// As a person or the experiment calls it, else its folder.
QString plainName(const NamedRun& run);

/// What the runs are called where they stand beside each other: as a person or the experiment calls
/// them; those of one name with what differs between them, or where nothing does, with when they
/// began.
QStringList distinctNames(const std::vector<NamedRun>& runs);

}  // namespace eq::widgets
