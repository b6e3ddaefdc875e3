#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::model {

/// Whose loss can depend on a parameter: -1 = that of every task, 0 .. K-1 = of one task,
/// -2, -3, ... = of a group of tasks (`Model::groups`).
using Owner = std::int64_t;
inline constexpr Owner kTrunk = -1;

/// Parameters that go on from others: {name: theirs}.
using Origins = std::map<std::string, std::vector<std::string>>;

enum class Part {
  trunk,  ///< of two tasks or more
  task,   ///< of one task, below its head
  head
};

/// Parameters that belong together.
struct Block {
  Owner owner = kTrunk;
  Part part = Part::trunk;
  std::string name = "trunk";  ///< their names begin with it: "task.left", "head.left", "group.a+b"
  bool trainable = true;       ///< else they stay as they begin: no gradient, moment or column
};

/// A parameter and where it lies in the buffer.
struct ParameterInfo {
  std::string name;  ///< "trunk.0.weight", "head.left.bias"
  std::vector<std::int64_t> shape;
  Block block;
  bool architecture = false;  ///< says what is shared; stepped at a rate of its own
  std::int64_t offset = 0;    ///< first element in the buffer
  std::int64_t count = 0;
};

/// Half-open range of elements of the buffer.
struct Range {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t size() const { return end - begin; }
};

/// All parameters of a model in one contiguous buffer, [... | group -3 | group -2 | trunk | task 0:
/// its part below the head, its head | task 1 | ... | what is not trained], so that the columns of
/// J, what two tasks or more reach, come first. Each parameter is a leaf of its own that shares the
/// buffer's memory, so that autograd sees separate tensors and everything else may see one.
class ParameterBuffer {
 public:
  /// Announces a parameter with its initial values (float32, on the CPU). \returns its index.
  size_t add(std::string name, const at::Tensor& initial, const Block& block,
             bool architecture = false);
  /// What fits one of these patterns and is added from now on is not trained.
  void freeze(std::vector<std::string> patterns) { frozen_ = std::move(patterns); }
  /// Gives a parameter that was announced the initial values of another of its shape.
  void beginAs(size_t index, size_t other) { initial_.at(index) = initial_.at(other); }
  /// Lays out the buffers; no parameter can be added afterwards.
  void allocate(at::ScalarType type = at::kFloat);

  const at::Tensor& tensor(size_t index) const { return tensors_.at(index); }
  /// For forward passes alone: these tensors, by index.
  static ParameterBuffer ofTensors(std::vector<at::Tensor> tensors);
  /// For forward passes alone: the same tensors, but for these.
  ParameterBuffer with(const std::vector<std::pair<size_t, at::Tensor>>& others) const;
  const at::Tensor& values() const { return values_; }  ///< flat, all parameters
  /// By index: in the order in which they were added.
  const std::vector<ParameterInfo>& infos() const { return infos_; }
  /// Their indices as they lie in the buffer.
  const std::vector<size_t>& order() const { return order_; }

  /// Numbers of an owner, trained or not.
  std::int64_t count(Owner owner) const;
  /// Elements of an owner that are trained.
  Range range(Owner owner) const;
  /// Indices of the owner's trained parameters, as they lie.
  std::vector<size_t> indices(Owner owner) const;
  /// Elements of the columns of J.
  Range columns() const;
  /// Indices of the parameters there, as they lie.
  std::vector<size_t> columnIndices() const;
  /// Elements that are trained: the first of all.
  Range trained() const;

  void to(const at::Device& device);
  /// Takes the values of every parameter that both have by name and shape; for those that only this
  /// one has, the mean of those of the other that `origins` names.
  void takeOver(const ParameterBuffer& other, const Origins& origins = {});
  /// The index of a parameter of this name and shape, or -1.
  std::int64_t find(const std::string& name, const std::vector<std::int64_t>& shape) const;

 private:
  template <typename Fits>
  std::vector<size_t> indicesWhere(const Fits& fits) const;
  Range rangeOf(const std::vector<size_t>& indices) const;
  void bind();

  std::vector<std::string> frozen_;  ///< patterns
  std::vector<ParameterInfo> infos_;
  std::vector<size_t> order_;
  std::vector<at::Tensor> initial_;
  std::vector<at::Tensor> tensors_;
  at::Tensor values_;
};

}  // namespace eq::model
