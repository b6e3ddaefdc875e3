#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eq::train {

/// What is timed: whole training steps on random inputs and classes, Adam, conflict sampling off.
struct StepBenchSpec {
  /// "mlp": 64-512-512 with ReLU; "cnn": 16 and 32 3x3 filters, each with ReLU and 2x2 pooling, on
  /// 1x28x28, then a layer of 128. Then one linear head of 10 classes a task.
  std::string model = "mlp";
  std::int64_t tasks = 2;
  std::int64_t batch = 64;
  std::vector<std::string> methods;  ///< ids of either balancer slot
  std::string device = "cpu";
  std::int64_t rounds = 200;  ///< timed steps of every method
};

struct StepBenchRow {
  std::string method;  ///< "bare": torch::nn and torch::optim::Adam with nothing around them
  double minMs = 0;
  double medianMs = 0;
  double ratio = 0;  ///< of the least time to that of "bare"
};

/// Times "bare" and each method in turn, step by step, so that all meet the same noise.
/// \throws Error for an unknown method or device.
std::vector<StepBenchRow> benchSteps(const StepBenchSpec& spec);

}  // namespace eq::train
