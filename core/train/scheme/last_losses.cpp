#include "core/train/scheme/last_losses.h"

#include <cmath>

#include "core/train/passes.h"

namespace eq::train {

void LastLosses::take(const BatchPass& pass) {
  losses_ = pass.losses;
  trained_ = pass.active;
}

void LastLosses::read(const std::function<void(size_t task, double loss)>& use) {
  if (!losses_.defined()) return;
  const auto host = losses_.to(at::kCPU, at::kDouble).contiguous();
  losses_.reset();
  for (size_t k = 0; k < trained_.size(); ++k) {
    const double loss = host.const_data_ptr<double>()[k];
    if (trained_[k] && std::isfinite(loss)) use(k, loss);
  }
}

std::map<std::string, at::Tensor> LastLosses::tensors() const {
  if (!losses_.defined()) return {};
  return {{"losses", losses_}};
}

void LastLosses::restoreTensors(const std::map<std::string, at::Tensor>& tensors) {
  const auto found = tensors.find("losses");
  losses_ = found == tensors.end() ? at::Tensor() : found->second;
}

}  // namespace eq::train
