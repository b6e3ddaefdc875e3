#include "core/train/sampler.h"

#include <algorithm>

#include <ATen/ops/from_blob.h>

#include "core/base/random.h"

namespace eq::train {

Sampler::Sampler(std::int64_t examples, std::int64_t batchSize, std::uint64_t seed,
                 const at::Device& device)
    : examples_(examples), batchSize_(std::min(batchSize, examples)), seed_(seed), device_(device) {
  shuffle();
}

std::int64_t Sampler::stepsPerEpoch() const {
  const bool joined = batchSize_ > 1 && examples_ > batchSize_ && examples_ % batchSize_ == 1;
  return (examples_ + batchSize_ - 1) / batchSize_ - (joined ? 1 : 0);
}

std::int64_t Sampler::batchSize() const {
  const auto left = examples_ - position_;
  if (batchSize_ > 1 && left == batchSize_ + 1) return left;
  return std::min(batchSize_, left);
}

at::Tensor Sampler::indices() const {
  return deviceOrder_.narrow(0, position_, batchSize());
}

std::vector<std::int64_t> Sampler::hostIndices() const {
  return {order_.begin() + position_, order_.begin() + position_ + batchSize()};
}

void Sampler::advance() {
  position_ += batchSize();
  if (position_ < examples_) return;
  position_ = 0;
  ++epoch_;
  shuffle();
}

nlohmann::json Sampler::state() const {
  return {{"epoch", epoch_}, {"position", position_}};
}

void Sampler::restore(const nlohmann::json& state) {
  epoch_ = state.at("epoch").get<std::int64_t>();
  position_ = state.at("position").get<std::int64_t>();
  shuffle();
}

void Sampler::shuffle() {
  RandomStream stream(deriveSeed(seed_, "shuffle", static_cast<std::uint64_t>(epoch_)));
  order_ = stream.permutation(examples_);
  deviceOrder_ =
      at::from_blob(order_.data(), {examples_}, at::kLong).to(device_, at::kLong, false, true);
}

}  // namespace eq::train
