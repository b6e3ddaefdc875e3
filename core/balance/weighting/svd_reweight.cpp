#include "core/balance/weighting/svd_reweight.h"

#include <algorithm>
#include <cmath>

#include "core/balance/masked_balancer.h"
#include "core/base/error.h"
#include "core/base/gramian.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// ‖U_rᵀ θ_k‖ of all rows; 0 for those that count as zero.
VectorXd lengthsInLeadingSpace(const Eigen::MatrixXd& gramian, Index rank) {
  const auto rows = nonZeroRows(gramian.diagonal());
  VectorXd lengths = VectorXd::Zero(gramian.rows());
  if (rows.empty()) return lengths;
  const auto [values, vectors] = gradedEigen(gramian(rows, rows));
  const Index kept = std::min<Index>(rank, values.size());
  const VectorXd squares = vectors.rightCols(kept).cwiseAbs2() * values.tail(kept);
  put(lengths, rows, squares.cwiseSqrt());
  return lengths;
}

class SvdReweight : public MaskedBalancer {
 public:
  SvdReweight(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        rank_(parameters.integer("rank")),
        weights_(VectorXd::Zero(setting.tasks)),
        known_(static_cast<size_t>(setting.tasks), 0) {
    if (rank_ > setting.tasks)
      fail("{}.rank: {} is more than the {} tasks", setting.path, rank_, setting.tasks);
  }

  Needs needs() const override {
    return {.gramian = std::count(known_.begin(), known_.end(), 0) > 0};
  }

  nlohmann::json state() const override {
    return {{"weights", vectorToJson(weights_)}, {"known", known_}};
  }
  void restore(const nlohmann::json& state) override {
    weights_ = vectorFromJson(state.at("weights"));
    known_ = state.at("known").get<std::vector<int>>();
  }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const auto isNew = [&](Index k) { return known_[static_cast<size_t>(k)] == 0; };
    if (std::any_of(tasks.begin(), tasks.end(), isNew)) {
      const Eigen::MatrixXd gramian = inputs.gramian(tasks, tasks);
      const VectorXd measured = lengthsInLeadingSpace((gramian + gramian.transpose()) / 2, rank_);
      for (size_t i = 0; i < tasks.size(); ++i)
        if (isNew(tasks[i])) {
          weights_[tasks[i]] = measured[static_cast<Index>(i)];
          known_[static_cast<size_t>(tasks[i])] = 1;
        }
    }
    return pick(weights_, tasks);
  }

  Index rank_;
  VectorXd weights_;
  std::vector<int> known_;  ///< 1 for the tasks that were measured
};

}  // namespace

CatalogRow<Balancer, const Setting&> svdReweightRow() {
  Descriptor descriptor;
  descriptor.id = "svd_reweight";
  descriptor.title = "SVD reweighting";
  descriptor.summary =
      "Tasks whose first gradients lie in the directions that all share count more.";
  descriptor.formula =
      "w_k = ‖U_rᵀ g_k(0)‖,  U_r: r leading singular vectors of the first gradients";
  descriptor.citation =
      "Wu, Zhang, Ré, Understanding and Improving Information Transfer in Multi-Task Learning, "
      "ICLR "
      "2020 (there g_k(0) is X_kᵀ y_k of linear tasks)";
  descriptor.parameters = withCommon(
      {ParameterSpec::integer("rank", 1, "Directions that the tasks share, at most K").from(1)},
      Scale::own, true);
  InputField first = jacobianInput();
  first.doc += "; of the first step";
  descriptor.inputs = {first};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<SvdReweight>(parameters, setting);
          }};
}

}  // namespace eq::balance
