#pragma once

#include <memory>
#include <string>

#include <ATen/core/Tensor.h>

namespace eq::loss {

/// A TorchScript module whose forward takes (prediction, target), in evaluation mode, on one device
/// and in one precision. It calculates as written, without the optimising executor, whose bits
/// differ between the first calls and later ones. One thread at a time.
class ScriptProgram {
 public:
  /// Loading runs code of the file. \param bytes content of a file that is trusted.
  /// \param type of its floating tensors. \param name of the file, for messages.
  /// \throws Error when it is no TorchScript file, is damaged, has no such forward, or holds
  /// something that would have to be trained or saved.
  ScriptProgram(const std::string& bytes, const at::Device& device, at::ScalarType type,
                const std::string& name);
  ~ScriptProgram();

  /// What forward returns. Differentiable. \throws Error with the script's own message when it
  /// fails.
  at::Tensor operator()(const at::Tensor& prediction, const at::Tensor& target) const;

  /// Grows when forward changes a tensor that the module holds.
  std::int64_t changes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace eq::loss
