#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::widgets {

/// What the explorer draws: losses, and over which axis.
struct LossSet {
  std::vector<train::MethodSpec> losses;
  std::string axis;  ///< id
  bool operator==(const LossSet&) const = default;
};

/// The losses of the experiment's tasks, each once, over the axis on which most of them can be
/// drawn; `axis` where that is as good. Nothing where none can be drawn.
std::optional<LossSet> lossesOfRun(const train::Experiment& experiment, const std::string& axis);

/// Why a loss has no curve over the axis, and over which it has; empty: it has one.
std::string whyNotOver(const std::string& loss, const std::string& axis);

/// The set that was chosen by hand, kept in the user's settings.
void keepLossSet(const LossSet& set);
void forgetLossSet();
/// Nothing where none is kept, or what is kept is of no use to this version.
std::optional<LossSet> keptLossSet();

}  // namespace eq::widgets
