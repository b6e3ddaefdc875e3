#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/study/sweep/sweep_file.h"
#include "core/train/records.h"

namespace eq::study {

// The stop rule "dominated" of a sweep. Combinations are trained in waves. After each evaluation of
// the validation split, from `after` steps on, a run is compared with every run of an earlier wave
// that has finished, has the same seed and another combination: by the best value of each objective
// up to this step, over the evaluations that both made. Where another is nowhere worse, and better
// somewhere, the run is stopped there. As the runs of a wave do not stop each other, the order in
// which they end, and so the number of workers, changes nothing.

/// The key "dominated" of a sweep.
struct DominanceRule {
  std::vector<std::string> by =
      {};                  ///< series of evaluations; empty: the first metric of each task
  std::int64_t after = 1;  ///< steps of a run before it is looked at
  std::int64_t wave = 4;   ///< combinations that are trained beside each other
};
/// \returns none for null. \throws Error `sweep.dominated.wave: ...`.
std::optional<DominanceRule> dominanceFromJson(const nlohmann::json& value);
std::optional<DominanceRule> dominanceOf(const SweepFile& file);

/// What runs are compared by.
struct Objective {
  std::string task;
  std::string metric;
  bool isHigherBetter = false;
  bool operator==(const Objective&) const = default;
};

/// \pre the experiment's tasks and metrics are spelled out. \returns those of the rule, else the
/// first metric of each task that is on. \throws Error `sweep.dominated.by[0]: ...`.
std::vector<Objective> objectivesOf(const DominanceRule& rule, const train::Experiment& experiment);

/// The number of the combination of each run, from 0: a seed makes no other.
std::vector<std::size_t> combinationNumbers(const std::vector<SweepRun>& runs);

/// What one run is measured by while it is trained.
class Rivals {
 public:
  /// \param folders of the runs that can stop it. \throws Error when one cannot be read.
  Rivals(const std::vector<std::filesystem::path>& folders, std::vector<Objective> objectives,
         std::int64_t after);

  /// An evaluation of the run, in their order. \param tasks of the run.
  void add(const train::EvaluationRecord& evaluation, const std::vector<std::string>& tasks);
  /// Why the run is to be stopped at its newest evaluation; empty: it goes on.
  std::string verdict() const;

 private:
  /// The objectives at an evaluation; what is not there, or no number, is the worst.
  struct Look {
    std::int64_t step = 0;
    std::vector<double> values;  ///< all better lower
  };
  struct Rival {
    std::string name;
    std::vector<Look> looks;
  };

  Look lookAt(const train::EvaluationRecord& evaluation,
              const std::vector<std::string>& tasks) const;
  std::string inWords(const Rival& rival, const std::vector<double>& its,
                      const std::vector<double>& own) const;

  std::vector<Objective> objectives_;
  std::int64_t after_;
  std::vector<Rival> rivals_;
  std::vector<Look> own_;
};

}  // namespace eq::study
