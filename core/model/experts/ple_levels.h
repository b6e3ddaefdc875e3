#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// Who reaches what a task has in a level.
enum class LevelOwners {
  shared,        ///< all tasks, through the shared stream
  gatesOfTasks,  ///< its experts all tasks, its gate the task alone
  tasks          ///< the task alone
};

/// Levels of experts, shared ones and ones of each task, and the gates that mix them into the
/// streams of the level above.
class PleLevels : public HeadedModel {
 protected:
  using Maps = std::vector<at::Tensor>;
  struct Level {
    std::vector<Sequence> shared = {};
    std::vector<std::vector<Sequence>> own = {};  ///< [task][expert]
    std::vector<Sequence> gates = {};             ///< [task]
    Sequence sharedGate = {};                     ///< of a shared stream, where there is one
  };

  /// \param parameters with `shared_experts`, `task_experts` and `levels`.
  PleLevels(const Parameters& parameters, const BaseNetwork& base, const Setting& setting);

  /// Adds the next level; the last one takes all stages that are left. The first shared expert of
  /// each begins as the base does, all else from streams by their names.
  void addLevel(LayerFactory& factory, LevelOwners owners, bool hasSharedStream);
  /// Adds the heads. \pre all levels are there.
  void complete(LayerFactory& factory, const Parameters& parameters);

  bool isLast(size_t level) const { return level + 1 == count_; }
  Maps outputsOf(const std::vector<Sequence>& experts, const at::Tensor& stream,
                 const Pass& pass) const;
  /// The next stream of a task, or of all (-1), by its gate. \param stream that the gate reads.
  at::Tensor mixed(size_t level, std::int64_t task, const at::Tensor& stream, const Maps& experts,
                   const Pass& pass) const;

  size_t shared_, own_;  ///< experts of a level
  size_t count_;         ///< of levels
  std::vector<Level> levels_;

 private:
  Sequence expert(LayerFactory& factory, size_t level, const std::string& name, const Block& block);
  Sequence gate(size_t level, const std::string& name, size_t entries, const Block& block);
  void observeLast(const Pass& pass, std::int64_t task, const at::Tensor& gate) const;

  BaseNetwork base_;
  std::uint64_t seed_;
};

/// The outputs of both, in a row.
std::vector<at::Tensor> joined(std::vector<at::Tensor> experts,
                               const std::vector<at::Tensor>& further);

}  // namespace eq::model
