#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <Eigen/Core>

#include "core/balance/two_slots.h"
#include "core/train/optimizer.h"

namespace eq::train {

struct BatchPass;
struct RunParts;

/// A copy of what a run trains, with weights of its own for the tasks.
struct Branch {
  Eigen::VectorXd weights;  ///< [K] on the tasks' losses
  at::Tensor values;        ///< of all parameters, flat
  std::unique_ptr<Optimizer> optimizer;
  std::unique_ptr<balance::TwoSlots> balancer;
  double score = 0;  ///< the best so far, higher is better; meaningless without `best`
  at::Tensor best;   ///< the values there; undefined before it was judged
};

/// A branch at the parameters of now, with a fresh optimizer and balancer.
Branch branchOff(const RunParts& parts, Eigen::VectorXd weights);

/// Puts a branch in the place of what the run trains, as long as this lives.
class InPlace {
 public:
  InPlace(RunParts& parts, Branch& branch);
  ~InPlace();
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;

 private:
  void swap();

  RunParts& parts_;
  Branch& branch_;
};

/// One update of what is in place by a batch that went through the model before.
void trainOn(RunParts& parts, const BatchPass& batch, const Eigen::VectorXd& weights);

/// Their tensors and scores under "branch.N.", and back. \pre as many branches.
std::map<std::string, at::Tensor> tensorsOf(const std::vector<Branch>& branches);
nlohmann::json stateOf(const std::vector<Branch>& branches);
void restoreInto(std::vector<Branch>& branches, const std::map<std::string, at::Tensor>& tensors,
                 const nlohmann::json& state);

}  // namespace eq::train
