#include "core/model/task_streams.h"

namespace eq::model {

TaskStreams::TaskStreams(const Setting& setting) : HeadedModel(setting) {
  for (size_t k = 0; k < taskCount(); ++k) reads_[k] = {k};
}

std::vector<at::Tensor> TaskStreams::represent(const at::Tensor& inputs, const Pass& pass) const {
  const auto begun = common(inputs, pass);
  std::vector<at::Tensor> found;
  for (size_t k = 0; k < taskCount(); ++k) {
    const bool isWanted = !pass.active || (*pass.active)[k];
    found.push_back(isWanted ? stream(k, begun, pass).flatten(1) : at::Tensor());
  }
  return found;
}

std::vector<at::Tensor> TaskStreams::common(const at::Tensor& inputs, const Pass&) const {
  return {inputs};
}

}  // namespace eq::model
