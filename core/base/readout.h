#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/task.h"

namespace eq {

/// Something that a loss reads and that is learned with it, as a parameter of the task's head.
struct LearnedField {
  enum class Kind {
    points,       ///< [count, F]: places among the features, such as the centre of each class
    increasing,   ///< [count]: numbers that increase, such as thresholds between ranks
    secondHead,   ///< [N, count]: the output of a further linear layer
    weightOfHead  ///< [count, F]: nothing new, the weight of the readout's own layer
  };
  std::string field;  ///< of the loss's input: "centers"
  Kind kind = Kind::points;
  std::int64_t count = 0;
  bool operator==(const LearnedField&) const = default;
};

/// Inputs of a loss that compares two views of every example: names of the fields that get them,
/// empty for what the loss does not read.
struct ViewFields {
  std::string prediction = {};     ///< the prediction for the second view
  std::string features = {};       ///< the head's features of the example itself
  std::string otherFeatures = {};  ///< those of the second view

  bool any() const { return !prediction.empty() || !otherFeatures.empty(); }
  bool operator==(const ViewFields&) const = default;
};

/// What the last layer of a head makes of the head's features h [N, F] for a loss.
struct Readout {
  enum class Layer {
    linear,     ///< W h + b, [N, outputs]
    cosines,    ///< cosine of h with each of `outputs` learned vectors, [N, outputs]
    oneScore,   ///< one score and a bias an output: w·h + b_k, [N, outputs]
    predictor,  ///< a linear map of h to its own width, [N, F]
    features    ///< h itself, [N, F]
  };
  Layer layer = Layer::linear;
  std::string role = {};  ///< tells layers of one shape with different meanings apart: "bins"
  std::int64_t outputs = 1;
  std::int64_t channels = 0;  ///< numbers an output, a last axis; 0: no such axis
  bool scalar = false;        ///< one output without an axis of its own: [N] (or [N, channels])
  bool positive = false;      ///< by a softplus, above 0: depths
  std::vector<double> biases = {};  ///< initial values, one an output; empty: drawn
  std::vector<LearnedField> fields = {};
  ViewFields views = {};
  bool operator==(const Readout&) const = default;

  /// Equal for readouts that are made by the same layer: "linear 10", "cosines 10", "features".
  std::string name() const;
};

/// Where the output of a head's second or later readout stands among the fields of a batch.
std::string furtherReadout(const std::string& name);

/// A linear output a class, rank, label or number: what most losses read.
Readout usualReadout(const TaskInfo& task);

}  // namespace eq
