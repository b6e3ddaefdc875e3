#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/train/experiment.h"
#include "core/train/scheme.h"
#include "core/train/snapshot.h"

namespace eq::data {
struct Problem;
}

namespace eq::train {

class TaskRuntime;

/// The schemes of a run, at most one of each kind, called as one; none is an empty one.
class Schemes {
 public:
  Schemes() = default;
  /// \throws Error when one does not fit.
  Schemes(const Experiment& experiment, const std::vector<TaskRuntime>& tasks,
          const data::Problem& problem);

  /// \throws Error where the model has penalties for which a scheme has no place, or moves numbers
  /// beside its parameters of which a scheme's copies would need their own.
  void requirePlaceForPenalties(const model::Model& network) const;

  /// Takes what `other` has learned where the same scheme stands with the same parameters.
  /// \param how also of how the step is made.
  void takeOver(Schemes& other, bool how = true);

  // See Scheme; lines begin with the scheme's title.
  std::vector<std::string> between(RunParts& parts);
  StepChoice choose(const RunParts& parts, std::vector<char> available);
  /// Factor on the base rate at the step to come.
  double rateFactor(const RunParts& parts) const;
  void ahead(RunParts& parts, double rate);
  gradient::Purpose purpose() const;
  /// Whether the same batch may be asked for once more.
  bool replays() const;
  bool readsExamples() const;
  at::Tensor lossOf(const RunParts& parts, size_t task, const loss::Batch& batch,
                    const loss::Value& value);
  std::optional<TaskRows> rows(RunParts& parts, BatchPass& pass, double rate);
  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs& inputs,
                                        const Eigen::VectorXd& factors,
                                        const std::vector<char>& active,
                                        StepMeasurement& measurement);
  void beforeOptimizer(RunParts& parts, const StepWork& work, gradient::Gradients& gradients);
  void step(RunParts& parts, const gradient::Gradients& gradients, double rate,
            const at::Tensor& skip);
  void afterOptimizer(RunParts& parts, const BatchPass& pass);
  std::vector<std::string> look(const RunParts& parts, const EvaluationRecord& evaluation);

  void addState(Snapshot& snapshot) const;
  /// Older checkpoints have none.
  void restore(const Snapshot& snapshot, const at::Device& device);

 private:
  struct Entry {
    MethodSpec spec;
    std::string title;
    bool how = false;  ///< of kind H
    std::unique_ptr<Scheme> scheme;
  };
  /// Of kind H, or null.
  Scheme* how() const;

  std::vector<Entry> entries_;
};

}  // namespace eq::train
