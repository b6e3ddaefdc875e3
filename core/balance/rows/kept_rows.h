#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

namespace eq::balance {

/// Numbers of K tasks that a method keeps, [K, ...], where J is: made at the first step, as zeros
/// or what is given.
class KeptRows {
 public:
  explicit KeptRows(Eigen::Index tasks) : tasks_(tasks) {}

  /// Those of the tasks, zeros at first. \param like one row: shape, type and device.
  at::Tensor of(const std::vector<Eigen::Index>& tasks, const at::Tensor& like);
  /// Writes them back where `finite` is true. \pre `of` was asked for the same tasks.
  void put(const std::vector<Eigen::Index>& tasks, const at::Tensor& values,
           const at::Tensor& finite);

  const at::Tensor& all() const { return values_; }
  void restore(const at::Tensor& values) { values_ = values; }

 private:
  at::Tensor places(const std::vector<Eigen::Index>& tasks) const;

  Eigen::Index tasks_;
  at::Tensor values_;
};

/// By name, undefined where there is none.
at::Tensor found(const std::map<std::string, at::Tensor>& tensors, const std::string& name);

}  // namespace eq::balance
