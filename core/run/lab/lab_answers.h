#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace eq::run {

/// What a merge lab holds.
struct LabRequest {
  std::string base;               ///< RUN[@STEP], of which there is a checkpoint
  std::vector<std::string> runs;  ///< the experts: RUN[@STEP], or checkpoints' files
  std::int64_t examples = 512;    ///< of the sample of the validation split
  std::uint64_t seed = 0;         ///< which these are
};

/// θ = θ0 + Σ λ_k τ_k.
struct LabCoefficients {
  std::vector<double> whole;  ///< [K] λ_k, −10 to 10
  /// [K] by tensor, in the place of λ_k there; empty: nowhere.
  std::vector<std::map<std::string, double>> layers = {};
  bool operator==(const LabCoefficients&) const = default;
};

/// Which validation examples are meant.
enum class LabPart {
  sample,  ///< a fixed draw of LabRequest::examples; the whole split where it has no more
  whole
};

/// A task's metric: the first of the base's experiment, else its loss.
struct LabScore {
  std::string task, metric;
  bool higherIsBetter = false;
  std::optional<std::size_t> head;  ///< the expert that its head is from; none: the base
  std::optional<double> base;
  std::vector<std::optional<double>> experts;  ///< [K] each with its own head and trunk
  std::optional<double> merged;
  /// merged / expert of the head where higher is better, else expert / merged; none unless both are
  /// above 0.
  std::optional<double> normalised;
};

/// What a merged model is worth, beside base and experts on the same examples.
struct LabScores {
  LabCoefficients coefficients;
  std::int64_t examples = 0;  ///< evaluated
  std::int64_t of = 0;        ///< of the validation split
  std::vector<LabScore> tasks;
  std::optional<double> normalised;  ///< mean over the tasks that have one
  double seconds = 0;                ///< from the coefficients to the metrics
};

/// [K][K]; none where it is undefined.
using LabTable = std::vector<std::vector<std::optional<double>>>;

/// The task vectors of one tensor, or of all merged ones.
struct LabGeometry {
  std::string name;           ///< of the tensor; empty: all
  std::int64_t size = 0;      ///< numbers
  std::vector<double> norms;  ///< [K] ‖τ_k‖
  LabTable cosines;           ///< none in row and column of a zero vector
  /// Of the entries that both experts change, the share that they change in opposite directions;
  /// none where there are no such entries.
  LabTable conflicts;
  double conflict = 0;  ///< share of all entries that one expert raises and another lowers
};

/// An expert as people read of it.
struct LabExpert {
  std::string given;               ///< as in the request
  std::string name;                ///< its run's title, else the tasks that it trains, else its
                                   ///< folder's name; numbered where two are alike
  std::int64_t step = 0;           ///< of its checkpoint
  std::vector<std::string> tasks;  ///< that its run trains
};

/// What is known of a lab as soon as it is open.
struct LabFacts {
  LabRequest request;
  std::string baseName;
  std::int64_t baseStep = 0;
  std::vector<LabExpert> experts;
  std::int64_t examples = 0;          ///< of the sample
  std::int64_t of = 0;                ///< of the validation split
  std::vector<LabGeometry> vectors;   ///< of all merged tensors, then a tensor each
  std::vector<std::string> warnings;  ///< what could not be verified, other data, moved files
};

/// TALL masks m_k = 1{|τ_k| > λ|Σ_j τ_j − τ_k|}; see the method `tall_masks`.
struct LabMasks {
  double lambda = 0;
  std::vector<double> shares;  ///< [K] of the entries that m_k keeps
  /// |m_j and m_k| / |m_j or m_k|; none where both are empty.
  LabTable overlaps;
  /// [tensor][0..K] share of its entries that so many masks keep; the first of all merged tensors.
  std::vector<std::vector<double>> uses;
};

}  // namespace eq::run
