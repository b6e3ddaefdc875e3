#include "core/balance/masked_balancer.h"

#include <utility>

#include "core/base/error.h"

namespace eq::balance {

using Eigen::Index;
using Eigen::VectorXd;

Needs operator|(const Needs& one, const Needs& other) {
  return {.losses = one.losses || other.losses,
          .rowNorms = one.rowNorms || other.rowNorms,
          .lastRowNorms = one.lastRowNorms || other.lastRowNorms,
          .gramian = one.gramian || other.gramian,
          .representation = one.representation || other.representation,
          .epoch = one.epoch || other.epoch,
          .lossesAfter = one.lossesAfter || other.lossesAfter,
          .validationLosses = one.validationLosses || other.validationLosses,
          .firstValidation = one.firstValidation || other.firstValidation,
          .kpi = one.kpi || other.kpi,
          .crossGramian = one.crossGramian || other.crossGramian,
          .rowNumbers = one.rowNumbers || other.rowNumbers,
          .rows = one.rows || other.rows};
}

MaskedBalancer::MaskedBalancer(const Parameters& parameters, const Setting& setting, Scale scale)
    : tasks_(setting.tasks), scale_(scale), weightHeads_(parameters.boolean("weight_heads")) {
  if (scale != Scale::own) outputScale_ = parameters.text("output_scale");
}

MaskedBalancer::Tasks MaskedBalancer::participants(const Inputs&, Tasks present) {
  return present;
}

VectorXd MaskedBalancer::weigh(const Inputs& inputs) {
  Tasks present;
  for (Index k = 0; k < tasks_; ++k)
    if (inputs.present.empty() || inputs.present[static_cast<size_t>(k)]) present.push_back(k);
  const Tasks tasks = participants(inputs, std::move(present));
  VectorXd weights = VectorXd::Zero(tasks_);
  if (!tasks.empty()) put(weights, tasks, rescaling(std::ssize(tasks)) * weighTasks(inputs, tasks));
  return weights;
}

double MaskedBalancer::rescaling(Index participants) const {
  const auto count = static_cast<double>(participants);
  if (scale_ == Scale::mean && outputScale_ == "sum") return count;
  if (scale_ == Scale::sum && outputScale_ == "mean") return 1 / count;
  return 1;
}

VectorXd pick(const VectorXd& all, const std::vector<Index>& tasks) {
  return all(tasks);
}

void put(VectorXd& all, const std::vector<Index>& tasks, const VectorXd& values) {
  all(tasks) = values;
}

VectorXd perTask(const Parameters& parameters, const std::string& name, const Setting& setting) {
  const auto given = parameters.numbers(name);
  if (!parameters.at(name).is_array()) return VectorXd::Constant(setting.tasks, given.at(0));
  if (std::ssize(given) != setting.tasks)
    fail("{}.{}: {} entries, there are {} tasks", setting.path, name, given.size(), setting.tasks);
  return Eigen::Map<const VectorXd>(given.data(), std::ssize(given));
}

std::vector<ParameterSpec> withCommon(std::vector<ParameterSpec> own, Scale scale,
                                      bool weightHeads) {
  if (scale != Scale::own)
    own.push_back(ParameterSpec::choice("output_scale", "native", {"native", "mean", "sum"},
                                        "What the weights sum to: as the formula gives them, "
                                        "about 1, or about the number of tasks"));
  own.push_back(ParameterSpec::boolean("weight_heads", weightHeads,
                                       "Whether a task's head gets the task's weight too"));
  return own;
}

InputField lossesInput() {
  return {"losses", "[K]", "the tasks' losses at this step"};
}
InputField lossesAfterInput() {
  return {"losses_after", "[K]",
          "the losses on the same batch after the update; without them nothing is learned", false};
}
InputField validationLossesInput() {
  return {"validation_losses", "[K]", "the tasks' losses on validation examples"};
}
InputField kpiInput() {
  return {"kpi", "[K]", "a metric a task, from 0 to 1, where 1 is best"};
}
InputField epochInput() {
  return {"epoch", "number", "from 0; without it every step is an epoch of its own", false};
}
InputField secondJacobianInput() {
  return {"jacobian2", "[K, P]", "of a second batch; default: jacobian", false};
}
InputField thirdJacobianInput() {
  return {"jacobian3", "[K, P]",
          "of a third batch, which the update is taken from; default: jacobian", false};
}
InputField jacobianInput() {
  return {"jacobian", "[K, P]", "row k: gradient of task k's loss"};
}

nlohmann::json vectorToJson(const VectorXd& values) {
  return std::vector<double>(values.begin(), values.end());
}

VectorXd vectorFromJson(const nlohmann::json& values) {
  const auto list = values.get<std::vector<double>>();
  return Eigen::Map<const VectorXd>(list.data(), std::ssize(list));
}

}  // namespace eq::balance
