#pragma once

#include <string>
#include <vector>

#include "core/model/base_network.h"
#include "core/model/task_streams.h"

namespace eq::model {

/// A base network that all tasks share, through which each goes with weights of its own making:
/// those of the base, and what it adds. Biases are the base's.
class AdaptedBase : public TaskStreams {
 protected:
  AdaptedBase(const BaseNetwork& base, bool trainBase, const Setting& setting);
  /// Call it after the tasks' own parameters were added.
  void addHeads(const Parameters& parameters);

  /// The weights of a stage as a task goes through it.
  virtual at::Tensor weightFor(size_t task, size_t stage) const = 0;
  /// After a pass of an active task. \param outputs [stage] of the task.
  virtual void record(size_t /*task*/, const at::Tensor& /*inputs*/,
                      const std::vector<at::Tensor>& /*outputs*/, const Pass& /*pass*/) const {}

  at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                    const Pass& pass) const override;
  /// What a task adds to the weights of a stage, in their shape; 0 at first. \returns its index.
  size_t addDifference(size_t task, size_t stage);
  size_t stages() const { return stages_.size(); }
  const at::Tensor& sharedWeight(size_t stage) const {
    return parameters_.tensor(weightIndex(stage));
  }
  /// [stage] what the task puts out.
  std::vector<at::Tensor> outputsOf(size_t task, const at::Tensor& inputs, const Pass& pass) const;

 private:
  size_t weightIndex(size_t stage) const { return stages_[stage].parameters().front(); }

  LayerFactory factory_;
  std::int64_t features_;
  std::vector<Sequence> stages_;
};

}  // namespace eq::model
