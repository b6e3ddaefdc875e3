#include "core/model/single_task.h"

#include "core/model/branched_model.h"

namespace eq::model {
namespace {

std::unique_ptr<Model> makeSingleTask(const Parameters& parameters, const Setting& setting) {
  const auto base = baseFrom(parameters, setting.inputShape, "single_task");
  Branches branches;
  branches.apart = true;
  branches.stages.resize(base.stages());
  for (auto& groups : branches.stages)
    for (size_t k = 0; k < setting.tasks.size(); ++k) groups.push_back({k});
  return std::make_unique<BranchedModel>(base, branches, parameters, setting);
}

}  // namespace

CatalogRow<Model, const Setting&> singleTaskRow() {
  Descriptor descriptor;
  descriptor.id = "single_task";
  descriptor.title = "Single tasks";
  descriptor.summary =
      "A network for each task and nothing shared: the reference that tells whether sharing helps.";
  descriptor.formula = "ŷ_k = V_k f_k(x) + c_k";
  descriptor.citation = "Vandenhende et al., Multi-task learning for dense prediction, PAMI 2021";
  descriptor.parameters = withBase({});
  return {descriptor, makeSingleTask};
}

}  // namespace eq::model
