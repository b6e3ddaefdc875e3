#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/data/problem.h"
#include "core/loss/loss.h"
#include "core/model/readout_layer.h"
#include "core/train/experiment.h"

namespace eq::train {

/// A task in a run: the dataset's task it stands for, its loss, and which examples have a target.
class TaskRuntime {
 public:
  /// \param index of the task in `problem`. \param place "tasks[0]", for messages.
  /// \param folder where relative paths of the loss start.
  /// \param trains whether the data must bring what the loss reads.
  /// \throws Error when the loss does not take this kind of task.
  TaskRuntime(const TaskSpec& spec, const data::Problem& problem, size_t index,
              const std::string& place, const std::filesystem::path& folder, bool trains);

  const TaskInfo& info() const { return info_; }
  size_t index() const { return index_; }

  /// The batch of these examples, ready for the loss. It refers to this task.
  /// \param rows int64 indices, or undefined for all.
  loss::Batch batch(const data::Split& split, const at::Tensor& rows,
                    const model::HeadOutput& output) const;
  /// The same at each place that the head reads, that of its predictions last: mostly one.
  std::vector<loss::Batch> batches(const data::Split& split, const at::Tensor& rows,
                                   const model::HeadOutput& output) const;
  /// The mean of the loss over places, its parts and its values of examples too. \pre there is one.
  loss::Value lossAt(const std::vector<loss::Batch>& places, bool perSample = false) const;

  /// A decoded batch whose predictions and targets are in the unit of the data, in float64, where
  /// the task is trained in another one.
  loss::Batch inOwnUnit(loss::Batch decoded) const;

  /// Whether any of these training examples has a valid target, or two where the loss compares
  /// examples. Reads nothing from the device.
  bool hasTarget(const std::vector<std::int64_t>& trainingRows) const;

  /// How many of so many training examples have a valid target.
  std::int64_t trainingTargets(std::int64_t examples) const;

  const loss::Loss& loss() const { return *loss_; }
  /// What the loss reads from the head, and the names of its parts.
  const std::vector<Readout>& readouts() const { return readouts_; }
  const std::vector<std::string>& terms() const { return terms_; }
  /// Whether the loss's values of batches add up; see loss::addsUp.
  const std::vector<char>& addsUp() const { return addsUp_; }
  /// Whether the loss says nothing of a batch of one; see loss::comparesExamples.
  bool comparesExamples() const { return comparesExamples_; }
  /// Whether the loss reads a second view of the examples.
  bool readsViews() const;
  /// Takes the loss of `spec` when it accepts the task. \throws Error and keeps the former one.
  void setLoss(const MethodSpec& spec, const std::string& place);

 private:
  /// \throws Error when the data do not bring what the loss reads, or lack targets that it needs.
  void requireData(const MethodSpec& spec, const std::string& place) const;
  void takeLoss(const MethodSpec& spec, const std::string& place);

  TaskInfo info_;
  size_t index_;
  std::filesystem::path folder_;
  std::shared_ptr<const loss::Loss> loss_;
  std::vector<Readout> readouts_;
  std::vector<std::string> terms_;
  std::vector<char> addsUp_;
  bool comparesExamples_ = false;
  bool masked_;              ///< whether any split has targets that a mask leaves out
  bool ignored_;             ///< whether any split has targets of the index -100
  std::vector<char> valid_;  ///< one a training example; empty where all are valid
};

/// The experiment with its tasks spelled out: all of the problem's where none is named, the usual
/// loss and metrics of the kind where none is given, scripts pinned to their content. \throws Error
/// `tasks[1].name: the data has no task "x"; it has left, right`.
Experiment resolved(Experiment experiment, const data::Problem& problem);

/// \param trains whether the data must bring what the losses read.
std::vector<TaskRuntime> makeTasks(const Experiment& experiment, const data::Problem& problem,
                                   bool trains);

}  // namespace eq::train
