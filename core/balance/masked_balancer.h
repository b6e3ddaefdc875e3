#pragma once

#include <vector>

#include <Eigen/Core>

#include "core/balance/balancer.h"
#include "core/balance/catalog.h"
#include "core/base/parameter.h"

namespace eq::balance {

/// What the formula's weights sum to: about 1, about K, or whatever it gives (then there is no
/// `output_scale`).
enum class Scale { mean, sum, own };

/// Base of all balancers: gives absent tasks weight 0, brings the weights to `output_scale`, and
/// knows `weight_heads`. A method sees only the tasks that take part, as if there were no other.
class MaskedBalancer : public Balancer {
 public:
  Eigen::VectorXd weigh(const Inputs& inputs) final;
  bool weightsHeads() const final { return weightHeads_; }
  nlohmann::json state() const override { return nlohmann::json::object(); }
  void restore(const nlohmann::json&) override {}

 protected:
  using Tasks = std::vector<Eigen::Index>;

  MaskedBalancer(const Parameters& parameters, const Setting& setting, Scale scale);

  Eigen::Index taskCount() const { return tasks_; }

  /// What brings a result of so many participants to `output_scale`.
  double rescaling(Eigen::Index participants) const;

  /// Which of the present tasks take part in this step.
  virtual Tasks participants(const Inputs& inputs, Tasks present);

  /// Weights of the participants in their order, from the state before the step and the inputs;
  /// then the state's update. \param tasks not empty.
  virtual Eigen::VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) = 0;

 private:
  Eigen::Index tasks_;
  Scale scale_;
  std::string outputScale_ = "native";
  bool weightHeads_;
};

/// The entries of `all` that belong to `tasks`.
Eigen::VectorXd pick(const Eigen::VectorXd& all, const std::vector<Eigen::Index>& tasks);

/// Writes `values` into the entries of `all` that belong to `tasks`.
void put(Eigen::VectorXd& all, const std::vector<Eigen::Index>& tasks,
         const Eigen::VectorXd& values);

/// A parameter that is a number for all tasks or a list of one a task.
/// \throws Error `balancer.weighting.weights: 3 entries, there are 2 tasks`.
Eigen::VectorXd perTask(const Parameters& parameters, const std::string& name,
                        const Setting& setting);

/// The specs that every balancer of this scale has beside its own.
std::vector<ParameterSpec> withCommon(std::vector<ParameterSpec> own, Scale scale,
                                      bool weightHeads);

/// Fields of a step that balancers read, as `equipoise-cli balance` takes them.
InputField lossesInput();
InputField lossesAfterInput();
InputField validationLossesInput();
InputField kpiInput();
InputField epochInput();
InputField jacobianInput();
InputField secondJacobianInput();
InputField thirdJacobianInput();

nlohmann::json vectorToJson(const Eigen::VectorXd& values);
Eigen::VectorXd vectorFromJson(const nlohmann::json& values);

}  // namespace eq::balance
