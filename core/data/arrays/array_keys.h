#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/parameter.h"
#include "core/base/task.h"
#include "core/data/division.h"

namespace eq::data {

/// One entry of `targets`: {"array": "labels", "kind": "class"}.
struct ArrayTargetSpec {
  std::string array;
  std::string name;              ///< of the task; the array's where none is given
  std::optional<TaskKind> kind;  ///< none: by the array's type, shape and values
  std::vector<std::string>
      classes;  ///< names of the values 0, 1 ..., or of the labels of multilabel
  std::optional<std::vector<double>> missing;  ///< numbers that stand for no target; none: -100 of
                                               ///< classes
  std::string unit;                            ///< of a number
  std::map<std::string, std::string> fields;   ///< further inputs of the task's losses: arrays

  /// Whether the array holds the target or one of the fields.
  bool uses(const std::string& other) const;
};

/// What the keys of the dataset "arrays" say.
struct ArrayKeys {
  std::vector<std::string> inputs;  ///< empty: all arrays that are nothing else
  std::vector<ArrayTargetSpec> targets;
  std::string layout = "auto";  ///< auto, channels_first, channels_last
  bool standard = true;         ///< inputs with mean 0 and deviation 1, else as they are
  bool standardizeTargets = false;
  std::string split = "random";  ///< random, stratified, group, given
  std::string splitArray;        ///< that it goes by; empty for random, or given by names
  Shares shares = {};
};

/// Every key but those of second views.
std::vector<ParameterSpec> arrayFields();

/// \throws Error that names the key.
ArrayKeys arrayKeys(const Parameters& parameters);

}  // namespace eq::data
