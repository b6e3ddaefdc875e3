#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/merge/spectra/spectra.h"
#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;
using Matrices = std::vector<Eigen::MatrixXd>;

Eigen::MatrixXd sumOfMatrices(const Matrices& matrices) {
  Eigen::MatrixXd sum = matrices[0];
  for (size_t k = 1; k < matrices.size(); ++k) sum += matrices[k];
  return sum;
}

/// Methods that merge matrices by their singular vectors; all else gets the mean of τ_k.
class SpectralMerge : public TensorMerge {
 public:
  explicit SpectralMerge(const Parameters& parameters)
      : TensorMerge(parameters),
        tolerance_(parameters.number("rank_tolerance")),
        lambda_(parameters.number("lambda")),
        flatten_(parameters.boolean("flatten")) {}

 protected:
  /// Δ of one matrix, and what is told of it.
  struct Update {
    Eigen::MatrixXd delta;
    json told;
  };

  virtual Update update(const Matrices& taus) const = 0;
  virtual const char* field() const { return "singular_values"; }

  Merged merge(const Question& question, const json&, std::uint64_t) const override {
    const double share = 1.0 / static_cast<double>(question.count());
    auto delta = weightedSum(question.taus, std::vector<double>(question.count(), share));
    auto told = json::object();
    for (const auto& place : question.places) {
      const auto rank = place.shape.size();
      if (rank < 2 || (rank > 2 && !flatten_)) continue;
      Matrices taus;
      for (const auto& tau : question.taus) taus.push_back(matrixOf(tau, place));
      if (!sumOfMatrices(taus).allFinite())
        fail("experts: the sum of {} over the task vectors is beyond the numbers of float64",
             place.name);
      auto found = update(taus);
      setMatrixAt(delta, place, found.delta);
      told[place.name] = std::move(found.told);
    }
    return {added(question.base, lambda_ * delta), {{field(), told}}};
  }

  double tolerance_;

 private:
  /// Also where it has no entries.
  static Eigen::MatrixXd matrixOf(const Eigen::VectorXd& flat, const Place& place) {
    if (place.size > 0) return matrixAt(flat, place);
    Eigen::Index columns = 1;
    for (size_t i = 1; i < place.shape.size(); ++i) columns *= place.shape[i];
    return Eigen::MatrixXd(place.shape[0], columns);
  }

  double lambda_;
  bool flatten_;
};

double meanOfAll(const std::vector<double>& numbers) {
  if (numbers.empty()) return 0;
  return std::accumulate(numbers.begin(), numbers.end(), 0.0) / static_cast<double>(numbers.size());
}

class IsoC : public SpectralMerge {
 public:
  using SpectralMerge::SpectralMerge;

 protected:
  Update update(const Matrices& taus) const override {
    const auto triples = triplesOf(sumOfMatrices(taus), tolerance_);
    const auto sigma = paddedSigma(triples.sigma, triples.rank);
    return {meanOfAll(sigma) * triples.u * triples.v.transpose(), sigma};
  }
};

class IsoCts : public SpectralMerge {
 public:
  explicit IsoCts(const Parameters& parameters)
      : SpectralMerge(parameters), common_(parameters.number("common")) {}

 protected:
  Update update(const Matrices& taus) const override {
    const auto rows = taus[0].rows(), columns = taus[0].cols();
    const auto rank = std::min(rows, columns);
    const auto count = static_cast<Eigen::Index>(taus.size());
    const auto own = ownCount(rank, count);
    const auto all = triplesOf(sumOfMatrices(taus), tolerance_);
    const auto common = firstOf(all, rank - own * count);
    std::vector<Triples> parts;
    std::vector<double> sigma;
    for (const auto& tau : taus) {
      const Eigen::MatrixXd rest = tau - common.u * (common.u.transpose() * tau);
      parts.push_back(firstOf(triplesOf(rest, tolerance_, largestSingularValue(tau)), own));
      append(sigma, paddedSigma(parts.back().sigma, own));
    }
    parts.push_back(common);
    append(sigma, paddedSigma(common.sigma, rank - own * count));
    const auto whole = stacked(parts, rows, columns);
    return {meanOfAll(sigma) * polarFactor(whole.u, tolerance_) *
                polarFactor(whole.v, tolerance_).transpose(),
            sigma};
  }

 private:
  /// s, triples of each task.
  Eigen::Index ownCount(Eigen::Index rank, Eigen::Index tasks) const {
    const double left = static_cast<double>(rank - countOfShare(common_, rank));
    // Half to even, the rounding that processors begin with.
    const auto rounded =
        static_cast<Eigen::Index>(std::nearbyint(left / static_cast<double>(tasks)));
    return std::min(rounded, rank / tasks);
  }

  static void append(std::vector<double>& list, const std::vector<double>& more) {
    list.insert(list.end(), more.begin(), more.end());
  }

  double common_;
};

class TaskSingularVectors : public SpectralMerge {
 public:
  using SpectralMerge::SpectralMerge;

 protected:
  const char* field() const override { return "interference"; }

  Update update(const Matrices& taus) const override {
    const auto rows = taus[0].rows(), columns = taus[0].cols();
    const auto rank = std::min(rows, columns);
    const auto each = std::max<Eigen::Index>(1, rank / static_cast<Eigen::Index>(taus.size()));
    std::vector<Triples> parts;
    for (const auto& tau : taus) parts.push_back(firstOf(triplesOf(tau, tolerance_), each));
    const auto whole = stacked(parts, rows, columns);
    const Eigen::MatrixXd scaled = polarFactor(whole.u, tolerance_) * whole.sigma.asDiagonal();
    return {scaled * polarFactor(whole.v, tolerance_).transpose(), interference(whole)};
  }

 private:
  static double interference(const Stacked& whole) {
    const auto n = whole.sigma.size();
    if (n == 0) return 0;
    const auto one = Eigen::MatrixXd::Identity(n, n);
    return ((whole.u.transpose() * whole.u - one) * whole.sigma.asDiagonal() *
            (whole.v.transpose() * whole.v - one))
        .cwiseAbs()
        .sum();
  }
};

Descriptor spectralDescriptor(const char* id, const char* title) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.citation =
      "Marczak et al., No Task Left Behind: Isotropic Model Merging with Common and Task-Specific "
      "Subspaces, ICML 2025";
  descriptor.parameters = {
      excludeParameter(), lambdaParameter(1),
      ParameterSpec::boolean("flatten", false,
                             "Tensors of higher rank count as matrices [shape[0], rest]"),
      ParameterSpec::number("rank_tolerance", 1e-9,
                            "Singular values up to this share of the largest count as 0")
          .from(0)
          .to(1)};
  descriptor.inputs = {baseField(), expertsField()};
  descriptor.traits = {{"data", "none"}};
  return descriptor;
}

}  // namespace

MergeRows spectraRows() {
  auto isoC = spectralDescriptor("iso_c", "Iso-C");
  isoC.summary = "The sum of the task matrices, with its singular values made equal.";
  isoC.formula = "Σ τ_k = U Σ Vᵀ, Δ = mean(σ) U Vᵀ, θ = θ0 + λΔ";
  auto isoCts = spectralDescriptor("iso_cts", "Iso-CTS");
  isoCts.summary = "Equal singular values over directions common to all tasks and of each task.";
  isoCts.formula = "Δ = mean(σ̃) polar(Ũ) polar(Ṽ)ᵀ of [task 1 | … | task K | common]";
  isoCts.parameters.push_back(
      ParameterSpec::number("common", 0.8, "Share of the directions that are common")
          .from(0)
          .to(1));
  auto tsvM = spectralDescriptor("tsv_m", "TSV-Merge");
  tsvM.summary = "The first singular directions of each task, made orthogonal to the others'.";
  tsvM.formula = "Δ = polar(Û) Σ̂ polar(V̂)ᵀ of the first ⌊r/K⌋ triples of each τ_k";
  tsvM.citation =
      "Gargiulo et al., Task Singular Vectors: Reducing Task Interference in Model Merging, CVPR "
      "2025";
  return {mergeRow<IsoC>(std::move(isoC)), mergeRow<IsoCts>(std::move(isoCts)),
          mergeRow<TaskSingularVectors>(std::move(tsvM))};
}

}  // namespace eq::merge
