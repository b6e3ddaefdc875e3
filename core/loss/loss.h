#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/base/readout.h"

namespace eq::loss {

/// What a loss is computed from. Shapes as in `loss_ids.md`; all floating tensors of one dtype, all
/// on one device.
struct Batch {
  at::Tensor prediction;
  at::Tensor target;  ///< undefined where the loss reads none
  std::map<std::string, at::Tensor>
      fields;              ///< "mask", "teacher", ...: the further inputs of the descriptor
  std::int64_t step = -1;  ///< updates done of the run that trains on it; -1 anywhere else
  const TaskInfo* task =
      nullptr;  ///< in a run, whose heads make one prediction a readout; else null

  /// The field, or an undefined tensor.
  at::Tensor field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? at::Tensor() : found->second;
  }
};

/// The batch in float32 where its numbers have less precision (bfloat16, half): sums, exponentials
/// and differences in a loss lose too much there. Gradients come back in the prediction's own type.
Batch widened(Batch batch);

struct Value {
  at::Tensor value;       ///< scalar, differentiable in the prediction
  at::Tensor perSample;   ///< [N] before reduction, weights included, 0 where masked; undefined for
                          ///< a coupled loss
  at::Tensor valid = {};  ///< bool [N]: the samples that count; undefined: all of them do
  std::vector<at::Tensor> terms = {};  ///< the parts that add up to `value`, as `Loss::terms` names
                                       ///< them
};

/// A loss is a pure function of the batch and its parameters; `evaluate` never reads the device.
class Loss {
 public:
  virtual ~Loss() = default;

  /// Checks shapes, index ranges and values, which reads the data and so may synchronise the
  /// device. Called for input that a person gives, and once when a loss enters a run; not in the
  /// hot loop. \throws Error that names field, rule and value.
  virtual void check(const Batch& batch) const = 0;

  /// \param perSample whether `Value::perSample` is wanted; without it it may be left undefined.
  virtual Value evaluate(const Batch& batch, bool perSample = false) const = 0;

  /// Names of the parts of its value; empty for a loss that is one.
  virtual std::vector<std::string> terms() const { return {}; }

  /// What it reads from the head of a task in a run: its own prediction first, then those of losses
  /// in it that read another one.
  virtual std::vector<Readout> readouts(const TaskInfo& task) const { return {usualReadout(task)}; }

  /// The prediction as metrics of the task read it, logits [N, C] or numbers; undefined where it
  /// has no such form. \pre batch.task.
  virtual at::Tensor decode(const Batch& batch) const { return batch.prediction; }
};

}  // namespace eq::loss
