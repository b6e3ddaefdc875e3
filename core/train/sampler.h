#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>
#include <nlohmann/json.hpp>

namespace eq::train {

/// Deals out the examples of an epoch in an order that depends on (seed, epoch) alone, so that a
/// position is two numbers. The last batch of an epoch holds what is left; a single example that
/// would be left joins the batch before, because a loss over pairs or over the batch says nothing
/// of one (a batch size of 1 stays 1).
class Sampler {
 public:
  /// \param examples > 0. \param device where the index tensors are wanted.
  Sampler(std::int64_t examples, std::int64_t batchSize, std::uint64_t seed,
          const at::Device& device);

  std::int64_t stepsPerEpoch() const;
  std::int64_t epoch() const { return epoch_; }
  /// Whether the next batch begins an epoch.
  bool atEpochStart() const { return position_ == 0; }

  /// Indices of the batch to come, on the device; the same until `advance`.
  at::Tensor indices() const;
  /// The same indices on the host.
  std::vector<std::int64_t> hostIndices() const;
  std::int64_t batchSize() const;

  void advance();

  nlohmann::json state() const;
  void restore(const nlohmann::json& state);

 private:
  void shuffle();

  std::int64_t examples_;
  std::int64_t batchSize_;
  std::uint64_t seed_;
  at::Device device_;
  std::int64_t epoch_ = 0;
  std::int64_t position_ = 0;  ///< examples of the epoch already dealt out
  std::vector<std::int64_t> order_;
  at::Tensor deviceOrder_;
};

}  // namespace eq::train
