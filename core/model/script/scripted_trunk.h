#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "core/script/scripts.h"

namespace eq::model {

/// A TorchScript module whose forward takes a tensor [N, ...], on one device. Its tensors come from
/// outside at every call. One thread at a time.
class ScriptedTrunk {
 public:
  /// A tensor that the module holds; one that stands in several places is one.
  struct Held {
    std::string name;      ///< as in Python, "layer1.0.conv1.weight"
    at::Tensor initial;    ///< of the file, on the CPU
    bool trained = false;  ///< a parameter that requires a gradient
  };

  /// Loading runs code of the file. \param script trusted. \throws Error when it is no TorchScript
  /// file, is damaged, has no such forward, or holds something that no checkpoint could hold.
  ScriptedTrunk(const script::OpenScript& script, const at::Device& device);
  ~ScriptedTrunk();

  const std::vector<Held>& parameters() const;
  const std::vector<Held>& buffers() const;

  /// What one call is given beside the inputs.
  struct Call {
    bool training = false;               ///< mode of the module
    std::vector<at::Tensor> parameters;  ///< in their order
    std::vector<at::Tensor> buffers;     ///< may be written to
    at::Generator stream;                ///< of random draws
    bool keepsDraws = false;             ///< whether the stream moves on
  };
  /// What forward returns, differentiable in the parameters; the call's buffers are then those that
  /// it has left. \throws Error with the script's own message when it fails, or leaves a buffer of
  /// another shape.
  at::Tensor operator()(const at::Tensor& inputs, Call& call);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eq::model
