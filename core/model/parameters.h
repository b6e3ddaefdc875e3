#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// Owner of a parameter: the trunk, or the head of a task (0, 1, ...).
inline constexpr std::int64_t kTrunk = -1;

/// A parameter and where it lies in the buffer.
struct ParameterInfo {
  std::string name;  ///< "trunk.0.weight", "head.1.bias"
  std::vector<std::int64_t> shape;
  std::int64_t owner = kTrunk;
  std::int64_t offset = 0;  ///< first element in the buffer
  std::int64_t count = 0;
};

/// Half-open range of elements of the buffer.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t size() const { return end - begin; }
};

/// All parameters of a model in one contiguous buffer, [trunk | head 0 | head 1 | ...]. Each
/// parameter is a leaf of its own that shares the buffer's memory, so that autograd sees separate
/// tensors and everything else may see one.
class ParameterBuffer {
 public:
  /// Announces a parameter with its initial values (float32, on the CPU). Trunk first, then the
  /// heads in order. \returns its index.
  size_t add(std::string name, const at::Tensor& initial, std::int64_t owner);
  /// Lays out the buffers; no parameter can be added afterwards.
  void allocate(at::ScalarType type = at::kFloat);

  const at::Tensor& tensor(size_t index) const { return tensors_.at(index); }
  const at::Tensor& values() const { return values_; }  ///< flat, all parameters
  const std::vector<ParameterInfo>& infos() const { return infos_; }
  /// Elements of the trunk, or of a head.
  Range range(std::int64_t owner) const;
  /// Indices of the owner's parameters.
  std::vector<size_t> indices(std::int64_t owner) const;

  void to(const at::Device& device);
  /// Takes the values of every parameter that both have by name and shape.
  void takeOver(const ParameterBuffer& other);

 private:
  void bind();

  std::vector<ParameterInfo> infos_;
  std::vector<at::Tensor> initial_;
  std::vector<at::Tensor> tensors_;
  at::Tensor values_;
};

}  // namespace eq::model
