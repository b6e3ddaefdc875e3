#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/merge/method.h"
#include "core/run/merging/merge_progress.h"
#include "core/run/merging/merge_scores.h"

namespace eq::run {

/// What a method made of the models.
struct MergedModel {
  Eigen::VectorXd theta;
  nlohmann::json fields;                          ///< the method's own, without those a tensor long
  ParameterMap parameters;                        ///< of the checkpoint
  std::vector<ParameterMap> ofExperts = {};       ///< [K] what the tasks of a run's heads are
                                                  ///< evaluated with; empty: the checkpoint's
  std::map<std::string, at::Tensor> extras = {};  ///< what is kept beside the model
  /// How it is evaluated where it is not by its parameters.
  std::function<TaskValues(train::SplitName)> judged = {};
};

/// \throws Error for a method that does not merge runs, and its parameters.
void requireMergesRuns(const std::string& id, const nlohmann::json& params);

/// Merges the models of runs, and judges what came out.
class RunMerger {
 public:
  /// \param params of the method; "lambda" or "mask_lambda" may be "search".
  /// \throws Error for a method that does not merge runs, its parameters, and models that do not
  /// agree.
  RunMerger(const std::string& id, const nlohmann::json& params, std::uint64_t seed,
            const MergeSource& base, const std::vector<MergeSource>& experts);

  const std::string& id() const { return id_; }
  std::uint64_t seed() const { return seed_; }
  const MergePlan& plan() const { return plan_; }
  const merge::Question& question() const { return question_; }
  /// With what was searched for, once it is found.
  const nlohmann::json& params() const { return params_; }
  /// What is read of the data: "none", "validation inputs", "validation inputs and targets".
  std::string dataRead() const;
  /// Whether the method ranks the experts by the target's metric first.
  bool ranks() const;
  /// Whether the validation split gives further fields; see data_fields.h.
  bool readsFields() const;
  /// The model with a θ.
  ParameterMap parametersWith(const Eigen::VectorXd& theta) const;

  /// Further fields that the method reads; "scale" is a parameter that was learned.
  void give(const nlohmann::json& fields);
  /// One of them; null where it was not given.
  nlohmann::json given(const std::string& field) const {
    return fields_.value(field, nlohmann::json());
  }

  /// Finds the λ that were asked for, and merges with them.
  MergedModel merge(MergeBench& bench, const std::vector<TaskScore>& scores,
                    const MergeProgress& progress);
  /// Each task evaluated with what is meant for it.
  TaskValues values(const MergedModel& merged, MergeBench& bench,
                    train::SplitName split = train::SplitName::validation) const;

 private:
  MergedModel mergedWith(const nlohmann::json& params) const;
  merge::Merged calculated(const nlohmann::json& params) const;
  MergedModel mixed(MergeBench& bench, const std::vector<TaskScore>& scores,
                    const MergeProgress& progress) const;
  void addReconstructed(const merge::Merged& found, MergedModel& merged) const;
  double searchedLambda(MergeBench& bench, const std::vector<TaskScore>& scores,
                        const MergeProgress& progress) const;
  double largestThatKeeps(MergeBench& bench, const std::vector<TaskScore>& scores,
                          const MergeProgress& progress) const;
  std::vector<double> searchedMasks(MergeBench& bench, const std::vector<TaskScore>& scores,
                                    const MergeProgress& progress) const;

  std::string id_;
  nlohmann::json params_;
  std::uint64_t seed_;
  const MergeSource& base_;
  const std::vector<MergeSource>& experts_;
  bool searches_;  ///< λ
  std::vector<std::string> exclude_;
  MergePlan plan_;
  merge::Question question_;
  nlohmann::json fields_ = nlohmann::json::object();
};

}  // namespace eq::run
