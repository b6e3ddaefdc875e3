#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/model/experts/shared_experts.h"

namespace eq::model {

/// Experts that tasks have alone, or that all others have: the first ones.
struct AssignedExperts {
  std::vector<size_t> tasks = {};  ///< [expert]
  bool toTheOthers = false;        ///< whether all but the task may use it
};

/// Experts mixed by gates of the inputs. Where a task may not use an expert its gate is exactly 0,
/// and the others share all of it.
class GatedExperts : public SharedExperts {
 public:
  /// \param parameters with those of `gatedExpertsSpecs`. \param id of the model, for messages.
  /// \pre fewer are assigned than there are; with a single task none is to the others.
  GatedExperts(const Parameters& parameters, const AssignedExperts& assigned,
               const Setting& setting, const std::string& id);

  /// Second views go through the experts that the examples themselves go through.
  HeadOutput head(size_t task, const std::vector<at::Tensor>& read,
                  const Pass& pass) const override;

 protected:
  at::Tensor gate(size_t task, const at::Tensor& inputs, const Pass& pass) const override;

 private:
  Block blockOfExpert(const AssignedExperts& assigned, size_t expert);
  void addGate(size_t task, std::int64_t inputs, const std::vector<std::int64_t>& hidden,
               std::uint64_t seed);
  at::Tensor keptExperts(size_t task) const;
  void observeGates(const Pass& pass, size_t task, const at::Tensor& gate) const;

  std::int64_t count_;  ///< of experts
  bool anyAssigned_;
  std::vector<std::vector<std::int64_t>> usable_;  ///< [task] experts, as its gate weighs them
  std::vector<Sequence> gates_;                    ///< [task] from the flat inputs to logits
  double drop_;
  std::vector<std::shared_ptr<at::Generator>> draws_;  ///< [task] of what is dropped
};

/// What they are made of, after the base's parameters.
std::vector<ParameterSpec> gatedExpertsSpecs();

}  // namespace eq::model
