#pragma once

#include <cstdint>
#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// A base network, some stages of which have experts that all tasks share; how each task mixes them
/// depends on numbers of its own, so that from the first such stage on each has a stream.
class RoutedModel : public HeadedModel {
 public:
  /// One representation a task.
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  size_t frontier() const override { return 0; }
  bool ownsBelow() const override { return true; }

 protected:
  explicit RoutedModel(const Setting& setting) : HeadedModel(setting) {}

  /// Adds the stages; the first expert begins as the base does, any other from a stream by its
  /// name. \param routed [stage] whether it has so many experts.
  void addStages(LayerFactory& factory, const BaseNetwork& base, const std::vector<char>& routed,
                 std::int64_t experts, std::uint64_t seed);
  /// What a task is known by, [size], uniform in ±1/√size. Call it once.
  void addTaskVectors(std::int64_t size, std::uint64_t seed);
  const at::Tensor& taskVector(size_t task) const {
    return parameters_.tensor(taskVectors_.at(task));
  }

  /// Weights of the experts of a stage for each task, [N, E]; undefined where its input is.
  /// \param stage from 0. \param inputs [task] what it reads; undefined of one that is not wanted.
  virtual std::vector<at::Tensor> gates(size_t stage, const std::vector<at::Tensor>& inputs,
                                        const Pass& pass) const = 0;
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override;

 private:
  std::vector<at::Tensor> outputsOf(size_t stage, const at::Tensor& input, const Pass& pass) const;

  std::vector<char> routed_;                   ///< [stage]
  std::vector<std::vector<Sequence>> stages_;  ///< [stage] its experts; the stage itself without
  std::vector<size_t> taskVectors_;            ///< [task] in the buffer
};

}  // namespace eq::model
