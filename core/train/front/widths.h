#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "core/metric/points.h"
#include "core/model/model.h"

namespace eq::train {

struct RunParts;

/// A model of which a narrower one is a part: a layer of width w has its first ⌈w C⌉ outputs, the
/// last layers of trunk and heads are whole. What lies beyond has zeros for weights and biases, and
/// so 0 for outputs, because φ(0) = 0.
class Widths {
 public:
  struct Lists {
    std::vector<double> trunk, heads;  ///< ascending, the last 1
  };
  /// Of one model: indices in the lists.
  struct Choice {
    size_t trunk = 0;
    std::vector<size_t> heads = {};  ///< [K]
    bool operator==(const Choice&) const = default;
  };

  explicit Widths(Lists lists) : lists_(std::move(lists)) {}

  const Lists& lists() const { return lists_; }
  Choice whole(size_t tasks) const;
  Choice smallest(size_t tasks) const;
  /// Head k has the width nearest to p_k/max p, of two as near the larger.
  Choice serving(const metric::Point& preference, size_t trunk) const;

  /// [P] as the model's values lie: 1 where a number counts, 0 where it does not.
  at::Tensor mask(const model::Model& network, const Choice& choice) const;

 private:
  Lists lists_;
};

/// What models of all widths cost, multiply-adds an example.
class WidthCosts {
 public:
  /// Counted on models that are that narrow. \param parts of the run, whose model is an mlp or a
  /// cnn.
  WidthCosts(const Widths::Lists& lists, const RunParts& parts);

  double of(const Widths::Choice& choice) const;

 private:
  std::vector<double> trunks_;              ///< by index
  std::vector<std::vector<double>> heads_;  ///< [index][task]
};

/// How many of a layer's outputs a width has.
std::int64_t outputsAt(double width, std::int64_t outputs);

}  // namespace eq::train
