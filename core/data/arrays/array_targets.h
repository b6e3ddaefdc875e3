#pragma once

#include <map>
#include <string>

#include <ATen/core/Tensor.h>

#include "core/data/arrays/array_keys.h"
#include "core/data/arrays/array_rows.h"

namespace eq::data {

/// A task's targets in the order of RowPlaces, with the shapes of TaskKind.
struct ArrayTarget {
  TaskInfo info;
  at::Tensor values;
  at::Tensor mask;  ///< 0/1 in the shape of `values`; undefined where nothing is masked
  std::map<std::string, at::Tensor> fields;
};

/// \param path of the entry, "data.targets[0]". \param warnings say what it was taken for, what is
/// missing and which classes have no example to learn from.
/// \throws Error that names array and element.
ArrayTarget encodeArrayTarget(const ArraySet& arrays, const ArrayTargetSpec& spec, bool standardize,
                              const RowPlaces& rows, const std::string& path, RowHashes& hashes,
                              std::vector<Warning>& warnings);

}  // namespace eq::data
