#include "core/model/parameters.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

#include "core/base/error.h"

namespace eq::model {

size_t ParameterBuffer::add(std::string name, const at::Tensor& initial, std::int64_t owner) {
  if (!infos_.empty() && owner < infos_.back().owner)
    throw Error("parameters must be added trunk first, then head by head", ErrorKind::failure);
  const auto offset = infos_.empty() ? 0 : infos_.back().offset + infos_.back().count;
  infos_.push_back({std::move(name), initial.sizes().vec(), owner, offset, initial.numel()});
  initial_.push_back(initial);
  return infos_.size() - 1;
}

void ParameterBuffer::allocate(at::ScalarType type) {
  const at::NoGradGuard noGradients;
  const auto total = infos_.empty() ? 0 : infos_.back().offset + infos_.back().count;
  values_ = at::empty({total}, at::TensorOptions().dtype(type));
  for (size_t i = 0; i < infos_.size(); ++i)
    values_.narrow(0, infos_[i].offset, infos_[i].count).copy_(initial_[i].reshape({-1}));
  initial_.clear();
  bind();
}

Range ParameterBuffer::range(std::int64_t owner) const {
  Range range;
  bool found = false;
  for (const auto& info : infos_) {
    if (info.owner > owner) break;
    if (info.owner < owner) {
      range.begin = range.end = info.offset + info.count;
      continue;
    }
    if (!found) range.begin = info.offset;
    found = true;
    range.end = info.offset + info.count;
  }
  return range;
}

std::vector<size_t> ParameterBuffer::indices(std::int64_t owner) const {
  std::vector<size_t> indices;
  for (size_t i = 0; i < infos_.size(); ++i)
    if (infos_[i].owner == owner) indices.push_back(i);
  return indices;
}

void ParameterBuffer::to(const at::Device& device) {
  const at::NoGradGuard noGradients;
  values_ = values_.to(device);
  bind();
}

void ParameterBuffer::takeOver(const ParameterBuffer& other) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < infos_.size(); ++i)
    for (size_t j = 0; j < other.infos_.size(); ++j)
      if (infos_[i].name == other.infos_[j].name && infos_[i].shape == other.infos_[j].shape)
        tensors_[i].copy_(other.tensors_[j]);
}

void ParameterBuffer::bind() {
  tensors_.clear();
  for (const auto& info : infos_) {
    auto tensor = values_.narrow(0, info.offset, info.count).view(info.shape).detach();
    tensor.set_requires_grad(true);
    tensors_.push_back(tensor);
  }
}

}  // namespace eq::model
