#include "core/balance/gradient/krum.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/balance/gradient/gradient_method.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

class Krum : public MaskedBalancer {
 public:
  Krum(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::mean),
        byzantine_(parameters.integer("byzantine")),
        selected_(parameters.integer("selected")),
        squared_(parameters.boolean("squared")) {
    if (setting.tasks < 3 || byzantine_ > setting.tasks - 3)
      fail("{}.byzantine: {} needs at least 3 tasks more, there are {}", setting.path, byzantine_,
           setting.tasks);
    if (selected_ > setting.tasks)
      fail("{}.selected: {} is more than the {} tasks", setting.path, selected_, setting.tasks);
  }

  Needs needs() const override { return {.gramian = true}; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const auto count = std::ssize(tasks);
    const VectorXd scores = scoresOf(inputs.gramian(tasks, tasks));
    std::vector<Index> order(tasks.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](Index i, Index j) { return scores[i] < scores[j]; });
    order.resize(static_cast<size_t>(std::min<Index>(selected_, count)));
    VectorXd weights = VectorXd::Zero(count);
    for (const Index k : order) weights[k] = 1 / static_cast<double>(order.size());
    return weights;
  }

  VectorXd scoresOf(const MatrixXd& gramian) const {
    const Index count = gramian.rows();
    const Index near = std::max(std::min<Index>(1, count - 1), count - byzantine_ - 2);
    VectorXd scores(count);
    for (Index i = 0; i < count; ++i) {
      std::vector<double> distances;
      for (Index j = 0; j < count; ++j)
        if (j != i)
          distances.push_back(
              std::max(0.0, gramian(i, i) + gramian(j, j) - gramian(i, j) - gramian(j, i)));
      std::sort(distances.begin(), distances.end());
      distances.resize(static_cast<size_t>(near));
      if (!squared_)
        for (double& distance : distances) distance = std::sqrt(distance);
      scores[i] = std::accumulate(distances.begin(), distances.end(), 0.0);
    }
    return scores;
  }

  Index byzantine_, selected_;
  bool squared_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> krumRow() {
  Descriptor descriptor;
  descriptor.id = "krum";
  descriptor.title = "Multi-Krum";
  descriptor.summary = "Follows the gradients that have near neighbours and drops outliers.";
  descriptor.formula =
      "score_k = Σ over the K−f−2 nearest j of ‖g_k − g_j‖²;  the m lowest: w = 1/m";
  descriptor.citation =
      "Blanchard et al., Machine Learning with Adversaries, NeurIPS 2017 (TorchJD sums distances "
      "without squares)";
  descriptor.parameters = withGradientCommon(
      {ParameterSpec::integer("byzantine", 1, "f: how many gradients may be outliers; K ≥ f + 3")
           .from(0),
       ParameterSpec::integer("selected", 1, "m: how many gradients are taken").from(1),
       ParameterSpec::boolean("squared", true, "Whether distances are squared before the sum")},
      Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<Krum>(parameters, setting);
          }};
}

}  // namespace eq::balance
