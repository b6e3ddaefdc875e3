#include "core/train/scheme/interval_clustering.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/train/run_parts.h"
#include "core/train/scheme.h"
#include "core/train/scheme/balancer_fit.h"
#include "core/train/step_work.h"

namespace eq::train {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Equal parts.
std::vector<Index> evenClusters(Index tasks, Index clusters) {
  std::vector<Index> starts;
  for (Index c = 0; c < clusters; ++c) starts.push_back(c * tasks / clusters);
  return starts;
}

class IntervalClustering : public Scheme {
 public:
  IntervalClustering(const Parameters& parameters, const SchemeSetting& setting)
      : every_(parameters.integer("every")),
        sums_(MatrixXd::Zero(std::ssize(setting.tasks), std::ssize(setting.tasks))) {
    const auto clusters =
        std::min<Index>(parameters.integer("clusters"), std::ssize(setting.tasks));
    starts_ = evenClusters(std::ssize(setting.tasks), clusters);
    for (const auto& task : setting.tasks) names_.push_back(task.name);
    auto ofClusters = setting;
    ofClusters.tasks.resize(static_cast<size_t>(clusters));
    const auto needs = balancerNeeds(ofClusters);
    if (needs.crossGramian || needs.representation || needs.rows || needs.rowNumbers || needs.kpi ||
        needs.validationLosses || needs.lossesAfter || needs.lastRowNorms)
      fail(
          "{}.id: the balancer sees clusters of tasks, by their losses and gradients alone, and "
          "{}{} reads more; choose another balancer",
          setting.path, setting.experiment.balancer.weighting.id,
          setting.experiment.balancer.gradient.id.empty()
              ? ""
              : " with " + setting.experiment.balancer.gradient.id);
  }

  std::vector<std::string> between(RunParts&) override {
    if (count_ < every_) return {};
    auto found = intervalClusters(sums_, std::ssize(starts_));
    sums_.setZero();
    count_ = 0;
    if (found == starts_) return {};
    starts_ = std::move(found);
    return {"clusters " + clustersInWords()};
  }

  gradient::Purpose purpose() const override { return gradient::Purpose::sumShown; }

  std::optional<balance::Weights> weigh(RunParts& parts, const balance::Inputs& inputs,
                                        const VectorXd& factors, const std::vector<char>& active,
                                        StepMeasurement& measurement) override {
    const auto& gramian = measurement.exact();
    addCosines(gramian, active);
    const auto [members, present] = membership(factors, active);
    auto seen = inputs;
    if (inputs.losses.size() > 0) seen.losses = members * inputs.losses;
    if (inputs.gramian.size() > 0) seen.gramian = ofClusters(members, gramian);
    if (inputs.rowNorms.size() > 0)
      seen.rowNorms = ofClusters(members, gramian).diagonal().cwiseMax(0).cwiseSqrt();
    std::vector<MatrixXd> ofParts;
    for (const auto& part : measurement.parts()) ofParts.push_back(ofClusters(members, part));
    auto weights = parts.balancer->weigh(seen, VectorXd::Ones(members.rows()), present, ofParts);
    const auto spread = [&](const VectorXd& values) -> VectorXd {
      return members.transpose() * values;
    };
    weights.weights = spread(weights.weights);
    weights.heads = spread(weights.heads);
    for (auto& part : weights.parts) part = spread(part);
    for (auto& wrong : weights.wrong) wrong.task = starts_[static_cast<size_t>(wrong.task)];
    for (auto& said : weights.remarks)
      said.remark.task = starts_[static_cast<size_t>(said.remark.task)];
    return weights;
  }

  nlohmann::json state() const override {
    return {{"count", count_},
            {"starts", starts_},
            {"sums", std::vector<double>(sums_.data(), sums_.data() + sums_.size())}};
  }
  void restore(const nlohmann::json& state) override {
    count_ = state.at("count").get<std::int64_t>();
    starts_ = state.at("starts").get<std::vector<Index>>();
    const auto sums = state.at("sums").get<std::vector<double>>();
    sums_ = Eigen::Map<const MatrixXd>(sums.data(), sums_.rows(), sums_.cols());
  }

 private:
  void addCosines(const MatrixXd& gramian, const std::vector<char>& active) {
    ++count_;
    for (Index i = 0; i < gramian.rows(); ++i)
      for (Index j = 0; j < gramian.cols(); ++j) {
        if (!active[static_cast<size_t>(i)] || !active[static_cast<size_t>(j)]) continue;
        const double cosine = gramian(i, j) / std::sqrt(gramian(i, i) * gramian(j, j));
        if (std::isfinite(cosine)) sums_(i, j) += cosine;
      }
  }

  /// [clusters, K] the factors of the tasks that take part, and which clusters have one.
  std::pair<MatrixXd, std::vector<char>> membership(const VectorXd& factors,
                                                    const std::vector<char>& active) const {
    MatrixXd members = MatrixXd::Zero(std::ssize(starts_), factors.size());
    std::vector<char> present(starts_.size(), 0);
    for (Index k = 0; k < factors.size(); ++k) {
      if (!active[static_cast<size_t>(k)]) continue;
      const auto after = std::upper_bound(starts_.begin(), starts_.end(), k);
      const auto cluster = after - starts_.begin() - 1;
      members(cluster, k) = factors[k];
      present[static_cast<size_t>(cluster)] = 1;
    }
    return {members, present};
  }

  static MatrixXd ofClusters(const MatrixXd& members, const MatrixXd& gramian) {
    return members * gramian * members.transpose();
  }

  std::string clustersInWords() const {
    std::vector<std::string> texts;
    for (size_t c = 0; c < starts_.size(); ++c) {
      const auto end = c + 1 < starts_.size() ? starts_[c + 1] : std::ssize(names_);
      texts.push_back(
          fmt::format("{}", fmt::join(names_.begin() + starts_[c], names_.begin() + end, ", ")));
    }
    return fmt::format("{}", fmt::join(texts, " | "));
  }

  std::int64_t every_;
  std::vector<std::string> names_;
  std::vector<Index> starts_;  ///< the first task of each cluster
  MatrixXd sums_;              ///< [K, K] of cosines since the newest clustering
  std::int64_t count_ = 0;     ///< steps since then
};

}  // namespace

std::vector<Index> intervalClusters(const MatrixXd& affinity, Index clusters) {
  const Index tasks = affinity.rows();
  const auto gain = [&](Index first, Index last) {
    return affinity.row((first + last) / 2).segment(first, last - first + 1).sum();
  };
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  // best(c, n): of the first n tasks in c clusters; from(c, n): where the last of them begins.
  MatrixXd best = MatrixXd::Constant(clusters + 1, tasks + 1, kNever);
  Eigen::MatrixX<Index> from = Eigen::MatrixX<Index>::Zero(clusters + 1, tasks + 1);
  best(0, 0) = 0;
  for (Index c = 1; c <= clusters; ++c)
    for (Index n = c; n <= tasks; ++n)
      for (Index first = c - 1; first < n; ++first) {
        const double value = best(c - 1, first) + gain(first, n - 1);
        if (value <= best(c, n)) continue;
        best(c, n) = value;
        from(c, n) = first;
      }
  std::vector<Index> starts(static_cast<size_t>(clusters));
  for (Index c = clusters, n = tasks; c > 0; n = from(c, n), --c)
    starts[static_cast<size_t>(c - 1)] = from(c, n);
  return starts;
}

SchemeRow intervalClusteringRow() {
  Descriptor descriptor;
  descriptor.id = "interval_clustering";
  descriptor.title = "Interval clustering";
  descriptor.summary =
      "Tasks that stand in an order, such as steps of a diffusion, are divided into clusters of "
      "neighbours whose gradients point alike, anew every so many steps; the balancer sees the sum "
      "of each cluster as one task. At first the clusters are equal parts.";
  descriptor.formula =
      "max Σ_c Σ_{j ∈ c} A(middle of c, j) over contiguous clusters, A the sum of cosines; g_c = "
      "Σ_{k ∈ c} g_k";
  descriptor.citation =
      "Go et al., Addressing Negative Transfer in Diffusion Models (ANT), NeurIPS 2023";
  descriptor.parameters = {
      ParameterSpec::integer("clusters", 2, "How many; no more than there are tasks").from(1),
      ParameterSpec::integer("every", 100, "Steps between two clusterings").from(1).in("steps")};
  descriptor.traits = {{"kind", "H"}, {"rows", "clusters"}};
  return {descriptor, [](const Parameters& parameters, const SchemeSetting& setting) {
            return std::make_unique<IntervalClustering>(parameters, setting);
          }};
}

}  // namespace eq::train
