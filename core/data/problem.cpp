#include "core/data/problem.h"

namespace eq::data {
namespace {

std::vector<at::Tensor> moved(const std::vector<at::Tensor>& tensors, const at::Device& device) {
  std::vector<at::Tensor> out;
  for (const auto& tensor : tensors)
    out.push_back(tensor.defined() ? tensor.to(device) : at::Tensor());
  return out;
}

}  // namespace

Split Split::to(const at::Device& device) const {
  Split split{inputs.defined() ? inputs.to(device) : at::Tensor(), moved(targets, device),
              moved(masks, device), fields, source};
  for (auto& ofTask : split.fields)
    for (auto& [name, tensor] : ofTask) tensor = tensor.to(device);
  return split;
}

}  // namespace eq::data
