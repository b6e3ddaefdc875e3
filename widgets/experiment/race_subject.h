#pragma once

#include <optional>
#include <string>
#include <vector>

#include <QString>

#include "core/train/settings.h"
#include "widgets/experiment/method_rules.h"

namespace eq::widgets {

/// What lanes of a race, or a clone, can differ in: a method in one slot of the experiment or in
/// several alike, or a field.
struct RaceSubject {
  QString title;                                ///< "Loss of left"
  std::vector<std::string> paths;               ///< that are set alike: "tasks[0].loss"
  std::vector<const Descriptor*> methods = {};  ///< to choose from; empty: it is a field
  QString none = {};                            ///< title of no method; empty: there must be one
  MethodRules rules = {};                       ///< of the methods
  std::optional<ParameterSpec> field = std::nullopt;  ///< with the value in force as its default
  train::MethodSpec inForce = {};                     ///< of the methods
  std::vector<nlohmann::json> usual = {};             ///< values that lanes begin with

  /// What a lane with this value sets.
  std::vector<train::Setting> settings(const nlohmann::json& value) const;
};

/// Losses first, then the balancer, then all else of the experiment.
/// \param known one a task, or empty.
std::vector<RaceSubject> raceSubjects(const train::Experiment& experiment,
                                      const std::vector<KnownTask>& known);

/// The place of the subject that sets `path` first, "tasks[1].loss", "balancer.gradient"; 0 where
/// none does.
int placeOfSubject(const std::vector<RaceSubject>& subjects, const std::string& path);

/// A race that can be begun without a question.
struct QuickRace {
  QString title;  ///< "Race squentropy, cross-entropy, focal"
  std::vector<std::vector<train::Setting>> lanes;
};

/// Of losses where tasks have the cross-entropy, else of gradient methods or weightings.
QuickRace quickRaceOf(const train::Experiment& experiment);

}  // namespace eq::widgets
