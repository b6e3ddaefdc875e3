#include "core/model/parameters.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>

namespace eq::model {

size_t ParameterBuffer::add(std::string name, const at::Tensor& initial, const Block& block,
                            bool architecture) {
  infos_.push_back(
      {std::move(name), initial.sizes().vec(), block, architecture, 0, initial.numel()});
  initial_.push_back(initial);
  return infos_.size() - 1;
}

void ParameterBuffer::allocate(at::ScalarType type) {
  const at::NoGradGuard noGradients;
  order_.resize(infos_.size());
  std::iota(order_.begin(), order_.end(), size_t{0});
  const auto placeOf = [&](size_t i) {
    return std::tuple(!infos_[i].block.trainable, infos_[i].block.owner, infos_[i].block.part);
  };
  std::stable_sort(order_.begin(), order_.end(),
                   [&](size_t a, size_t b) { return placeOf(a) < placeOf(b); });
  std::int64_t total = 0;
  for (const auto index : order_) {
    infos_[index].offset = total;
    total += infos_[index].count;
  }
  values_ = at::empty({total}, at::TensorOptions().dtype(type));
  for (size_t i = 0; i < infos_.size(); ++i)
    values_.narrow(0, infos_[i].offset, infos_[i].count).copy_(initial_[i].reshape({-1}));
  initial_.clear();
  bind();
}

template <typename Fits>
std::vector<size_t> ParameterBuffer::indicesWhere(const Fits& fits) const {
  std::vector<size_t> indices;
  for (const auto index : order_)
    if (infos_[index].block.trainable && fits(infos_[index].block.owner)) indices.push_back(index);
  return indices;
}

/// \param indices of neighbours.
Range ParameterBuffer::rangeOf(const std::vector<size_t>& indices) const {
  if (indices.empty()) return {};
  const auto& last = infos_[indices.back()];
  return {infos_[indices.front()].offset, last.offset + last.count};
}

std::int64_t ParameterBuffer::count(Owner owner) const {
  std::int64_t total = 0;
  for (const auto& info : infos_)
    if (info.block.owner == owner) total += info.count;
  return total;
}

Range ParameterBuffer::range(Owner owner) const {
  return rangeOf(indices(owner));
}

std::vector<size_t> ParameterBuffer::indices(Owner owner) const {
  return indicesWhere([owner](Owner one) { return one == owner; });
}

Range ParameterBuffer::columns() const {
  return rangeOf(columnIndices());
}

std::vector<size_t> ParameterBuffer::columnIndices() const {
  return indicesWhere([](Owner owner) { return owner < 0; });
}

Range ParameterBuffer::trained() const {
  return rangeOf(indicesWhere([](Owner) { return true; }));
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
    tensor.set_requires_grad(info.block.trainable);
    tensors_.push_back(tensor);
  }
}

}  // namespace eq::model
