#pragma once

#include "core/balance/masked_balancer.h"

namespace eq::balance {

/// `preference`: a list of one a task, or null for the method's own. \param otherwise says which.
ParameterSpec preferenceSpec(const std::string& otherwise = "1/K each");

/// `ideal`: the losses from which a preference is measured, for all tasks or a list of one a task.
ParameterSpec idealSpec();

/// A preference as it was given: in the parameters, or by the tasks (`Inputs::preference`). Asked
/// for the tasks that are left it gives their entries, or the default where none was given.
class Preference {
 public:
  enum class Default { share, one };  ///< 1/K or 1 each

  /// \throws Error for a list of another length, or of zeros alone.
  Preference(const Parameters& parameters, const Setting& setting,
             Default byDefault = Default::share);

  /// \param ofTasks [K] of all tasks, NaN where a task has none; or empty.
  Eigen::VectorXd of(const std::vector<Eigen::Index>& tasks, const Eigen::VectorXd& ofTasks) const;

 private:
  Eigen::VectorXd given_;
  Default default_;
};

}  // namespace eq::balance
