#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/model/parameters.h"

namespace eq::model {

class Layer;
class Observations;
struct Penalty;

/// What a layer keeps of a forward pass: enough to take the gradients of any number of losses from
/// its output to its input and to its parameters. Layers that are made of others, one beside the
/// other, keep their tapes: so a tape is a graph.
struct Trace {
  const Layer* layer = nullptr;
  std::vector<at::Tensor> kept = {};           ///< as the layer likes it
  std::vector<std::vector<Trace>> inner = {};  ///< of a layer that is made of others
  std::int64_t elements = 0;                   ///< of its largest map, for estimates of memory
};
using Tape = std::vector<Trace>;

/// How far a run is at a pass: the same for all passes between two updates.
struct Progress {
  std::int64_t step = 0;  ///< updates done
  double epoch = 0;       ///< examples seen / examples in an epoch
  double share = 0;       ///< of the run's updates, from 0 to 1
  double epochs = 0;      ///< of the whole run
};

/// How a forward pass is meant.
struct Pass {
  bool training = false;  ///< dropout is active
  Tape* tape = nullptr;   ///< where the layers leave their traces; null: nowhere
  bool views = false;     ///< the second half of the rows are second views of the first half
  std::int64_t* multiplyAdds = nullptr;       ///< adds those of products of matrices; null: nowhere
  const std::vector<char>* active = nullptr;  ///< [K] tasks that are wanted; null: all
  Observations* seen = nullptr;               ///< takes what the model records; null: nothing
  std::vector<Penalty>* penalties = nullptr;  ///< adds those of this pass; null: they are not asked
  Progress at = {};                           ///< of an evaluation, that of the step it is made at
};

/// Gradients of some of K losses in one tensor.
struct Stack {
  std::vector<std::int64_t> losses = {};  ///< which, in order
  at::Tensor gradients = {};              ///< [losses, N, ...]; undefined without any
  /// Adds those of another path through the tensor.
  void add(Stack other);
};

/// Takes what the chain finds in the parameters on its way down, a stack of losses at a time.
class ParameterSink {
 public:
  virtual ~ParameterSink() = default;
  /// Whose gradients the stacks to come hold, until it is called again.
  virtual void losses(const std::vector<std::int64_t>& which) = 0;
  /// A full layer: its weight's gradient is D_kᵀ X, its bias's the sum of the rows of D_k.
  /// \param input X [rows, in]. \param outputs D [K, rows, out].
  virtual void linear(size_t weight, size_t bias, const at::Tensor& input,
                      const at::Tensor& outputs) = 0;
  /// Any other parameter. \param rows [K, ...] in the parameter's shape, or flat.
  virtual void formed(size_t parameter, const at::Tensor& rows) = 0;
};

/// One way down: where parameters are read, and where what is found in them goes.
struct Descent {
  const ParameterBuffer& parameters;
  ParameterSink& sink;
  bool kernels = true;  ///< whether layers may use kernels of their own, where they have some
};

/// One step of a sequence. Stateless but for its place in the parameter buffer.
class Layer {
 public:
  virtual ~Layer() = default;

  /// \param trace where it leaves what `back` needs; null: nowhere.
  virtual at::Tensor forward(const at::Tensor& input, const ParameterBuffer& parameters,
                             const Pass& pass, Trace* trace) const = 0;

  /// The layer's vector-Jacobian product, for K losses at once, without autograd.
  /// \param outputs gradients in the output, [K, N, ...], contiguous.
  /// \param further whether those in the input, [K, N, ...], are wanted; else the answer is
  /// undefined.
  virtual at::Tensor back(const Trace& trace, const at::Tensor& outputs, const Descent& descent,
                          bool further) const = 0;

  /// Indices of its parameters, each as often as one pass uses it.
  virtual std::vector<size_t> parameters() const { return {}; }
};

/// One layer's forward pass. \param tape where it leaves its trace; null: nowhere.
at::Tensor forwardTraced(const Layer& layer, const at::Tensor& input,
                         const ParameterBuffer& parameters, const Pass& pass, Tape* tape);

/// Adds a trace for layers that stand apart from others; null where there is no tape.
/// \returns where they leave theirs, until the next one is added.
Tape* innerTape(Tape* tape);

/// Layers one after the other.
class Sequence {
 public:
  void add(std::unique_ptr<Layer> layer) { layers_.push_back(std::move(layer)); }
  /// \param tape where the layers leave their traces; null: nowhere.
  at::Tensor forward(at::Tensor input, const ParameterBuffer& parameters, const Pass& pass,
                     Tape* tape) const;
  /// As `Layer::back`; where no further gradients are wanted it stops at the lowest parameter.
  at::Tensor back(const Tape& tape, at::Tensor outputs, const Descent& descent, bool further) const;
  std::vector<size_t> parameters() const;
  bool empty() const { return layers_.empty(); }

 private:
  std::vector<std::unique_ptr<Layer>> layers_;
};

}  // namespace eq::model
