#pragma once

#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// A shared trunk of stages one after the other, of which each gives a representation. Who derives
/// says which of them a task reads.
class StagedModel : public HeadedModel {
 public:
  /// The outputs of all stages.
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  bool leavesTraces() const override { return true; }
  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels) const override;
  std::vector<size_t> uses() const override;

 protected:
  using HeadedModel::HeadedModel;

  /// Makes them of the base, with parameters of all tasks called "trunk".
  void addStages(const BaseNetwork& base, LayerFactory& factory);

  std::vector<Sequence> stages_;
};

}  // namespace eq::model
