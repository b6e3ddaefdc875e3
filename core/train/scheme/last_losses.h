#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

namespace eq::train {

struct BatchPass;

/// The losses of the newest step, for a scheme that reads them before the next one: they stay on
/// the device until then.
class LastLosses {
 public:
  void take(const BatchPass& pass);
  /// Calls `use(task, loss)` for every task that took part and has a finite loss; each loss once.
  void read(const std::function<void(size_t task, double loss)>& use);

  /// [K] who took part, for the scheme's state.
  const std::vector<char>& trained() const { return trained_; }
  void restoreTrained(std::vector<char> trained) { trained_ = std::move(trained); }
  std::map<std::string, at::Tensor> tensors() const;
  void restoreTensors(const std::map<std::string, at::Tensor>& tensors);

 private:
  at::Tensor losses_;  ///< [K] not read yet; undefined: they were
  std::vector<char> trained_;
};

}  // namespace eq::train
