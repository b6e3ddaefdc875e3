#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/run/lab/lab_answers.h"
#include "core/run/merging/merge_progress.h"

namespace eq::run {

/// A base and experts that were trained from it, held in memory, so that what becomes of the tasks
/// can be followed while the λ of the experts are moved. It merges as the methods
/// `task_arithmetic` and, with coefficients a tensor, `atlas` do; heads are as a merge of runs has
/// them, and the test split is not looked at to judge a merged model. One thread at a time.
class MergeLab {
 public:
  /// Reads the checkpoints and the data, and evaluates base and experts on the sample.
  /// \param progress called before each part; what it throws ends the opening.
  /// \throws Error that names the run: no checkpoint, no experts, tensors that only one side has or
  /// which have another shape, data that are gone or of other sizes, no validation examples.
  explicit MergeLab(const LabRequest& request, const MergeProgress& progress = {});
  ~MergeLab();

  const LabFacts& facts() const;

  /// Of the merged model, beside base and experts on the same examples; those of the whole split
  /// are evaluated at the first call. \throws Error for another number of coefficients than
  /// experts, one beyond −10 to 10 or not finite, and an unknown tensor.
  LabScores scores(const LabCoefficients& coefficients, LabPart part,
                   const MergeProgress& progress = {});

  /// \throws Error for a λ below 0.
  LabMasks masks(double lambda) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The λ that a method has where none is given.
double usualLambda(const std::string& method);

/// The lab of runs that a person chose. The base is the run that they were forked from; where it
/// was chosen, too, it is no expert. \throws Error that names the runs which are no forks, or of
/// different checkpoints, and a base that is not there any more.
LabRequest labRequestOf(const std::vector<std::filesystem::path>& runs);

/// A merged model that was written as a run.
struct LabRun {
  std::filesystem::path folder;
  std::vector<std::string> warnings;
};

/// Writes what the lab shows as a run below `workspace`, by the method `task_arithmetic` with λ 1:
/// a fork of the base that opens and can be trained on. \throws Error as `mergeRuns`, and leaves
/// nothing behind; also for coefficients a tensor, which no method of runs takes as given.
LabRun saveMerged(const LabFacts& lab, const LabCoefficients& coefficients,
                  const std::filesystem::path& workspace, const MergeProgress& progress = {});

}  // namespace eq::run
