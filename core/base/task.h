#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq {

/// What a task's target is, and so which losses and metrics fit it. The shapes are those of
/// `loss_ids.md`.
enum class TaskKind {
  classification,  ///< target int [N] in 0..width-1 or -100 (ignored); prediction logits [N, width]
  binary,          ///< target 0/1 [N] (NaN-free, with an optional mask); prediction logits [N]
  multilabel,      ///< target 0/1 [N, width]; prediction logits [N, width]
  ordinal,         ///< target int rank [N] in 0..width-1 or -100; prediction logits [N, width]
  regression,      ///< target number [N] (width 1) or [N, width]; prediction of the same shape
  segmentation,    ///< target int [N, pixels] in 0..width-1 or -100 (ignored), the pixels those of
                   ///< `imageShape`; prediction logits [N, width, pixels]
  objective        ///< no target: the prediction [1] is itself the value to be minimised
};

std::string_view toText(TaskKind kind);
/// \throws Error when `text` names no kind.
TaskKind taskKindFromText(std::string_view text);
/// Whether a target is one class of several: classification, binary and ordinal.
bool hasClasses(TaskKind kind);

/// A task as a dataset offers it.
struct TaskInfo {
  std::string name;
  TaskKind kind = TaskKind::classification;
  std::int64_t width = 1;               ///< classes, ranks, labels or output numbers
  std::vector<std::string> classNames;  ///< empty, or one a class
  std::string unit;                     ///< of a number's target; empty without one
  std::vector<std::int64_t>
      imageShape;  ///< {height, width} when the output is an image or a map, else empty
  std::vector<std::string> fields = {};  ///< what the data bring for losses of the task beside its
                                         ///< target: "weight", "teacher"
  /// A number's target is trained as (number - offset) / scale; metrics are in the number's unit.
  double scale = 1, offset = 0;
};

/// For records: what is named and drawn of a task. They read back without `imageShape`.
nlohmann::json toJson(const TaskInfo& info);
TaskInfo taskInfoFromJson(const nlohmann::json& value);

}  // namespace eq
