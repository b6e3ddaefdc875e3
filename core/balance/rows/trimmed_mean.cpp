#include "core/balance/rows/trimmed_mean.h"

#include <algorithm>

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include "core/balance/row_method.h"
#include "core/base/error.h"

namespace eq::balance {
namespace {

class TrimmedMean : public RowMethod {
 public:
  TrimmedMean(const Parameters& parameters, const Setting& setting)
      : RowMethod(parameters, setting, Scale::mean), trim_(parameters.integer("trim")) {
    if (setting.tasks < 2 * trim_ + 1)
      fail("{}.trim: {} entries on either side of {} tasks leave none; at most {} can be trimmed",
           setting.path, trim_, setting.tasks, (setting.tasks - 1) / 2);
  }

 private:
  at::Tensor combine(const Step& step) override {
    const auto count = step.rows.size(0);
    const auto trim = std::min(trim_, (count - 1) / 2);
    return std::get<0>(step.rows.sort(0)).narrow(0, trim, count - 2 * trim).mean(0);
  }

  std::int64_t trim_;
};

}  // namespace

CatalogRow<Balancer, const Setting&> trimmedMeanRow() {
  Descriptor descriptor;
  descriptor.id = "trimmed_mean";
  descriptor.title = "Trimmed mean";
  descriptor.summary =
      "A coordinate at a time, leaves out the largest and smallest gradients; needs all gradients "
      "in "
      "full.";
  descriptor.formula = "d_p = mean of the g_kp without the b largest and the b smallest";
  descriptor.citation =
      "Yin et al., Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, ICML "
      "2018";
  descriptor.parameters = withRowCommon(
      {ParameterSpec::integer("trim", 1, "Entries left out on either side").from(0)}, Scale::mean);
  descriptor.inputs = {jacobianInput()};
  descriptor.traits = {{"scale", "mean"}, {"direction_only", true}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<TrimmedMean>(parameters, setting);
          }};
}

}  // namespace eq::balance
