#pragma once

#include <functional>
#include <string>
#include <vector>

#include <QString>

#include "core/base/task.h"
#include "core/train/experiment.h"
#include "widgets/experiment/method_rules.h"

namespace eq::widgets {

// The slot of schemes holds at most one of each kind, "W" (who trains in a step) and "H" (how it is
// made); a form shows each kind apart.

/// Those of the catalog.
std::vector<const Descriptor*> schemesOfKind(const std::string& kind);

/// The scheme of a kind; one without an id is added where there is none.
train::MethodSpec& schemeOf(train::Experiment& experiment, const std::string& kind);
/// Takes out those without an id.
void dropEmptySchemes(train::Experiment& experiment);

/// The reason as the scheme itself would tell it: `scheme[1].delta: ...` becomes `dot.delta: ...`.
QString withoutSchemePlace(const QString& reason, const std::string& id);

/// What a scheme stands in.
struct SchemePlace {
  train::Experiment experiment;
  std::vector<TaskInfo> tasks;  ///< fewer than the experiment's: not known
};

/// Schemes of a kind, for what `place` says when it is asked: which do not fit, and with what they
/// begin.
MethodRules schemeRules(const std::string& kind, std::function<SchemePlace()> place);

}  // namespace eq::widgets
