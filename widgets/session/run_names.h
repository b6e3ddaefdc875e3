#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include <QString>
#include <QStringList>

#include "core/run/run_folder.h"

namespace eq::widgets {

struct NamedRun {
  run::RunInfo info;
  nlohmann::json experiment;
};

/// As a person or the experiment calls it, else its folder.
QString plainName(const NamedRun& run);

/// What the runs are called where they stand beside each other: as a person or the experiment calls
/// them; those of one name with what differs between them, or where nothing does, with when they
/// began. Where all have one name, only what differs.
QStringList distinctNames(const std::vector<NamedRun>& runs);

}  // namespace eq::widgets
