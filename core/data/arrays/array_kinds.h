#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/task.h"
#include "core/data/arrays/example_array.h"

namespace eq::data {

/// As data.targets calls it: class, binary, ordinal, number, multilabel, segmentation.
std::string kindName(TaskKind kind);
/// \pre one of those names.
TaskKind kindNamed(const std::string& name);
/// Those names.
std::vector<std::string> kindNames();

/// The different numbers of an array, `most` + 1 of them where there are more.
std::set<double> differentNumbers(const ExampleArray& array, const std::vector<double>& missing,
                                  size_t most);

/// What a target is taken for, by its type, shape and values.
struct KindGuess {
  TaskKind kind = TaskKind::regression;
  std::string why;  ///< "10 different whole numbers"
};
KindGuess guessKind(const ExampleArray& array, const std::vector<double>& missing);

/// {height, width} of an array of maps, [N, H, W] or [N, 1, H, W]; {} of others.
std::vector<std::int64_t> mapShape(const ExampleArray& array);

}  // namespace eq::data
