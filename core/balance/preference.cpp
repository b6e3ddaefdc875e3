#include "core/balance/preference.h"

#include <cmath>

#include "core/base/error.h"

namespace eq::balance {

using Eigen::VectorXd;

ParameterSpec preferenceSpec(const std::string& otherwise) {
  return ParameterSpec::numberList(
             "preference", nullptr,
             "How much each task counts, used as given; null: as the tasks say, "
             "whose own preference it is, else " +
                 otherwise)
      .from(0)
      .orNull();
}

ParameterSpec idealSpec() {
  return ParameterSpec::numberOrList("ideal", 0, "z, the losses from which it is measured");
}

Preference::Preference(const Parameters& parameters, const Setting& setting, Default byDefault)
    : default_(byDefault) {
  if (parameters.isNull("preference")) return;
  given_ = perTask(parameters, "preference", setting);
  if (given_.size() > 0 && !(given_.maxCoeff() > 0))
    fail("{}.preference: at least one entry must be above 0, found only 0", setting.path);
}

VectorXd Preference::of(const std::vector<Eigen::Index>& tasks, const VectorXd& ofTasks) const {
  if (given_.size() > 0) return pick(given_, tasks);
  const double own = default_ == Default::one ? 1.0 : 1.0 / static_cast<double>(tasks.size());
  if (ofTasks.size() == 0) return VectorXd::Constant(std::ssize(tasks), own);
  return pick(ofTasks, tasks).unaryExpr([own](double one) { return std::isnan(one) ? own : one; });
}

}  // namespace eq::balance
