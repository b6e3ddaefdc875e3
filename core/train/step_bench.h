#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/train/experiment.h"

namespace eq::train {

/// What is timed: whole training steps on random inputs and classes, Adam, conflict sampling off.
struct StepBenchSpec {
  /// "mlp": 64-512-512 with ReLU; "cnn": 16 and 32 3x3 filters, each with ReLU and 2x2 pooling, on
  /// 1x28x28, then a layer of 128; "resnet", "transformer": with their defaults on 1x28x28. Then
  /// one linear head of 10 classes a task. "point": the problem two_valleys, two tasks. Any other
  /// id, or parameters: that model of the catalog, on 64 numbers or, where it reads images, on
  /// 1x28x28.
  MethodSpec model = {"mlp"};
  std::int64_t tasks = 2;
  std::int64_t batch = 64;
  std::vector<std::string> methods;  ///< ids of either balancer slot
  std::string device = "cpu";
  std::int64_t rounds = 200;  ///< timed steps of every method

  /// Whether "bare" and "loop" are the network written in plain LibTorch; else they are the model
  /// itself by autograd, without its penalties.
  bool isPlain() const;
  bool readsImages() const;
};

struct StepBenchRow {
  /// "bare": the network and torch::optim::Adam with nothing around them. "loop": each task's
  /// gradient in the trunk by a backward pass of its own into a J kept between steps, then J Jᵀ and
  /// fused Adam: what one writes without an engine.
  std::string method;
  double minMs = 0;
  double medianMs = 0;
  double ratio = 0;          ///< of the least time to that of "bare"
  double target = 0;         ///< what the ratio should be at most; 0: nothing is said
  std::string problem = {};  ///< why the method cannot train here; empty: it did
};

/// Times "bare", "loop" and each method in turn, step by step, so that all meet the same noise.
/// \throws Error for an unknown method or device.
std::vector<StepBenchRow> benchSteps(const StepBenchSpec& spec);

}  // namespace eq::train
