#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "core/model/base_network.h"
#include "core/model/model.h"

namespace eq::model {

/// Copies of a base network's stages for groups of tasks.
struct Branches {
  /// [stage][group] tasks, each group within one of the stage before and not empty; a task in no
  /// group of a stage reads the one before.
  std::vector<std::vector<std::vector<size_t>>> stages;
  bool shortcut = false;  ///< heads read the inputs beside
  bool apart = false;     ///< a group of one task shares nothing even where there is no other task
};

/// A tree of copies of a base network's stages: a copy that two tasks or more go through is theirs
/// together, one of a single task its own, below its head.
class BranchedModel : public HeadedModel {
 public:
  /// Copies begin as the base does, the first of each stage from the base's own stream, any other
  /// from one by its name.
  BranchedModel(const BaseNetwork& base, const Branches& branches, const Parameters& parameters,
                const Setting& setting);

  std::vector<at::Tensor> represent(const at::Tensor& inputs, const Pass& pass) const override;
  size_t frontier() const override;
  bool leavesTraces() const override { return true; }
  void back(const Tape& tape, std::vector<Stack> representations, ParameterSink& sink,
            bool kernels = true) const override;
  std::vector<size_t> uses() const override;
  /// Every copy goes on from the stage of one network that all tasks go through, where a run of
  /// that begins this one.
  Origins origins() const override;

 protected:
  at::Tensor features(size_t task, const std::vector<at::Tensor>& read,
                      const Pass& pass) const override;

 private:
  /// A copy that several tasks go through; its output is the representation of this number.
  struct Node {
    Sequence layers = {};
    std::int64_t below = -1;  ///< node that it reads; -1: the inputs
    std::vector<size_t> tasks = {};
  };
  Block blockOfCopy(const std::vector<size_t>& tasks, bool apart);
  void addCopy(const BaseNetwork& base, LayerFactory& factory, size_t stage, const Block& block,
               const std::vector<size_t>& tasks);
  bool isWanted(const Node& node, const Pass& pass) const;

  std::vector<Node> nodes_;        ///< each after what it reads
  std::vector<std::int64_t> top_;  ///< [task] the last node on its way; -1: none
  std::vector<Sequence> own_;      ///< [task] what follows
};

}  // namespace eq::model
