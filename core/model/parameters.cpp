#include "core/model/parameters.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include "core/base/error.h"
#include "core/base/pattern.h"

namespace eq::model {
namespace {

/// Names are made of those of tasks, and checkpoints know parameters by them.
void requireApart(const std::vector<ParameterInfo>& infos) {
  std::set<std::string> names;
  for (const auto& info : infos)
    if (!names.insert(info.name).second)
      fail("tasks: two parameters of the model would be called {}; give a task another name",
           info.name);
}

}  // namespace

size_t ParameterBuffer::add(std::string name, const at::Tensor& initial, const Block& block,
                            bool architecture) {
  const bool frozen = std::any_of(frozen_.begin(), frozen_.end(),
                                  [&](const auto& pattern) { return fitsPattern(name, pattern); });
  infos_.push_back(
      {std::move(name), initial.sizes().vec(), block, architecture, 0, initial.numel()});
  if (frozen) infos_.back().block.trainable = false;
  initial_.push_back(initial);
  return infos_.size() - 1;
}

void ParameterBuffer::allocate(at::ScalarType type) {
  const at::NoGradGuard noGradients;
  requireApart(infos_);
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

ParameterBuffer ParameterBuffer::with(
    const std::vector<std::pair<size_t, at::Tensor>>& others) const {
  auto tensors = tensors_;
  for (const auto& [index, tensor] : others) tensors.at(index) = tensor;
  return ofTensors(std::move(tensors));
}

ParameterBuffer ParameterBuffer::ofTensors(std::vector<at::Tensor> tensors) {
  ParameterBuffer buffer;
  buffer.tensors_ = std::move(tensors);
  return buffer;
}

std::int64_t ParameterBuffer::find(const std::string& name,
                                   const std::vector<std::int64_t>& shape) const {
  for (size_t i = 0; i < infos_.size(); ++i)
    if (infos_[i].name == name && infos_[i].shape == shape) return static_cast<std::int64_t>(i);
  return -1;
}

void ParameterBuffer::takeOver(const ParameterBuffer& other, const Origins& origins) {
  const at::NoGradGuard noGradients;
  for (size_t i = 0; i < infos_.size(); ++i) {
    std::vector<std::string> names{infos_[i].name};
    if (other.find(names[0], infos_[i].shape) < 0)
      if (const auto found = origins.find(names[0]); found != origins.end()) names = found->second;
    std::vector<at::Tensor> sources;
    for (const auto& name : names)
      if (const auto j = other.find(name, infos_[i].shape); j >= 0)
        sources.push_back(other.tensors_[static_cast<size_t>(j)].detach());
    if (sources.empty()) continue;
    tensors_[i].copy_(sources.size() == 1 ? sources[0] : at::stack(sources).mean(0));
  }
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
