#pragma once

#include <optional>
#include <string>
#include <vector>

#include <Eigen/Core>
#include <nlohmann/json.hpp>

namespace eq::cli {

struct Context;

/// One entry of {"steps": [...]}, as `balance` and `conflict` read it.
struct StepInput {
  std::optional<Eigen::MatrixXd> jacobian;  ///< [K, P]
  std::optional<std::int64_t> tasks;        ///< K, as the jacobian or else another field tells

  // Once read.
  std::optional<Eigen::MatrixXd> jacobian2, jacobian3;  ///< [K, P], of further batches
  std::optional<Eigen::VectorXd> losses, lossesAfter, validationLosses;  ///< [K]
  std::optional<Eigen::VectorXd> kpi;                                    ///< [K] from 0 to 1
  std::int64_t epoch = 0;  ///< default: the step's index
};

/// The steps of an input file with their Jacobians; K and P are the same in all of them. Of the
/// other fields only their number counts, and only in a step without a Jacobian; all else is
/// ignored, and told on standard error where no method reads it.
/// \throws Error `steps[1].jacobian: 3 columns, the steps before have 2`.
std::vector<StepInput> readSteps(const nlohmann::json& input, Context& context);

/// Number of tasks. \throws Error when no step says.
std::int64_t taskCount(const std::vector<StepInput>& steps);

// For the methods that read them. \param input the one that `steps` was read from.
void readLosses(const nlohmann::json& input, std::vector<StepInput>& steps);
void readLossesAfter(const nlohmann::json& input, std::vector<StepInput>& steps);
void readValidationLosses(const nlohmann::json& input, std::vector<StepInput>& steps);
void readKpi(const nlohmann::json& input, std::vector<StepInput>& steps);
void readFurtherJacobians(const nlohmann::json& input, std::vector<StepInput>& steps);
void readEpochs(const nlohmann::json& input, std::vector<StepInput>& steps);

nlohmann::json toJson(const Eigen::VectorXd& values);
/// Row by row; NaN becomes null.
nlohmann::json toJson(const Eigen::MatrixXd& values);

}  // namespace eq::cli
