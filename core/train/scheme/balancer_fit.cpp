#include "core/train/scheme/balancer_fit.h"

#include "core/balance/catalog.h"
#include "core/base/error.h"
#include "core/train/optimizer_catalog.h"

namespace eq::train {

balance::Needs balancerNeeds(const SchemeSetting& setting) {
  balance::Setting made;
  made.tasks = std::ssize(setting.tasks);
  for (const auto& task : setting.tasks) made.kinds.push_back(task.kind);
  const auto& [weighting, gradient] = setting.experiment.balancer;
  made.path = "balancer.weighting";
  auto needs =
      balance::weightings().create(weighting.id, weighting.params, made.path, made)->needs();
  made.path = "balancer.gradient";
  if (!gradient.id.empty())
    needs =
        needs |
        balance::gradientMethods().create(gradient.id, gradient.params, made.path, made)->needs();
  return needs;
}

void requireRowsOfOneBatch(const SchemeSetting& setting, const std::string& id) {
  const auto needs = balancerNeeds(setting);
  const auto& method = setting.experiment.balancer.gradient.id;
  if (needs.crossGramian)
    fail(
        "{}.id: {} makes the gradients of one batch, and {} reads three; choose another gradient "
        "method",
        setting.path, id, method);
  if (needs.representation)
    fail(
        "{}.id: {} makes gradients in the parameters, and {} reads those in the trunk's output; "
        "choose another gradient method",
        setting.path, id, method);
}

Parameters sgdParameters(const Experiment& experiment) {
  return {optimizers().descriptor("sgd").parameters, experiment.optimizer.params, "optimizer"};
}

void requireSgd(const SchemeSetting& setting, const std::string& id, const std::string& why) {
  const auto& optimizer = setting.experiment.optimizer;
  if (optimizer.id != "sgd")
    fail(
        "{}.id: {} {} and works with the optimizer sgd alone, found {}; set optimizer.id to sgd or "
        "choose another scheme",
        setting.path, id, why, optimizer.id);
  if (sgdParameters(setting.experiment).boolean("nesterov"))
    fail("{}.id: {} {}, so optimizer.nesterov must be false, found true", setting.path, id, why);
}

}  // namespace eq::train
