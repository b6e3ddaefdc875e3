#include "core/balance/gradient/gcs.h"

#include "core/balance/gradient/gradient_method.h"
#include "core/balance/gradient/primary.h"

namespace eq::balance {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class GradientCosine : public MaskedBalancer {
 public:
  GradientCosine(const Parameters& parameters, const Setting& setting)
      : MaskedBalancer(parameters, setting, Scale::own),
        primary_(primaryOf(parameters, setting)),
        soft_(parameters.text("mode") == "soft") {}

  Needs needs() const override { return {.gramian = true}; }

 private:
  VectorXd weighTasks(const Inputs& inputs, const Tasks& tasks) override {
    const VectorXd cosines = cosinesWith(primary_, inputs.gramian, tasks);
    VectorXd weights =
        soft_ ? VectorXd(cosines.cwiseMax(0)) : VectorXd((cosines.array() > 0).cast<double>());
    if (const Index place = placeOf(primary_, tasks); place >= 0) weights[place] = 1;
    return weights;
  }

  Index primary_;
  bool soft_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> gcsRow() {
  Descriptor descriptor;
  descriptor.id = "gcs";
  descriptor.title = "Gradient cosine (GCS)";
  descriptor.summary = "Trains on a task only while its gradient agrees with the primary task's.";
  descriptor.formula = "w_k = 1 where cos(g_k, g_primary) > 0, else 0;  soft: max(0, cos)";
  descriptor.citation =
      "Du et al., Adapting Auxiliary Losses Using Gradient Similarity, 2018; soft: its weighted "
      "form";
  descriptor.parameters = withGradientCommon(
      {primarySpec(), ParameterSpec::choice("mode", "hard", {"hard", "soft"},
                                            "All or nothing, or as much as the cosine")},
      Scale::own);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "own"}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<GradientCosine>(parameters, setting);
          }};
}

}  // namespace eq::balance
