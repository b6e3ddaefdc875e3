#pragma once

#include <vector>

#include "core/model/model.h"

namespace eq::model {

/// Lets several streams go through the same layers with the same masks of dropout, as one network
/// has them, whoever else takes part.
class SameMasks {
 public:
  /// \param generator of the masks, as it stands where the streams part. Only training draws.
  SameMasks(at::Generator& generator, const Pass& pass);
  /// Before each stream.
  void begin();

 private:
  at::Generator& generator_;
  at::Tensor state_;  ///< undefined where nothing is drawn
};

/// A model in which each task goes its own way through what is shared: what a task has alone lies
/// below layers of all. A representation a task, what its head reads; there is no one place where
/// the tasks part.
class TaskStreams : public HeadedModel {
 public:
  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  size_t frontier() const override { return 0; }
  bool ownsBelow() const override { return true; }

 protected:
  explicit TaskStreams(const Setting& setting);

  /// What all streams begin with, computed once.
  virtual std::vector<at::Tensor> common(const at::Tensor& inputs, const Pass& pass) const;
  /// A task's way from there, to [N, ...]; its head reads it flat.
  virtual at::Tensor stream(size_t task, const std::vector<at::Tensor>& common,
                            const Pass& pass) const = 0;
};

}  // namespace eq::model
