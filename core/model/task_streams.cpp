#include "core/model/task_streams.h"

namespace eq::model {

SameMasks::SameMasks(at::Generator& generator, const Pass& pass) : generator_(generator) {
  if (pass.training) state_ = generator.get_state();
}

void SameMasks::begin() {
  if (state_.defined()) generator_.set_state(state_);
}

TaskStreams::TaskStreams(const Setting& setting) : HeadedModel(setting) {
  for (size_t k = 0; k < taskCount(); ++k) reads_[k] = {k};
}

std::vector<at::Tensor> TaskStreams::represent(const at::Tensor& inputs, const Pass& pass) const {
  const auto begun = common(inputs, pass);
  SameMasks masks(*generator_, pass);
  std::vector<at::Tensor> found(taskCount());
  for (size_t k = 0; k < taskCount(); ++k) {
    if (pass.active && !(*pass.active)[k]) continue;
    masks.begin();
    found[k] = stream(k, begun, pass).flatten(1);
  }
  return found;
}

std::vector<at::Tensor> TaskStreams::common(const at::Tensor& inputs, const Pass&) const {
  return {inputs};
}

}  // namespace eq::model
