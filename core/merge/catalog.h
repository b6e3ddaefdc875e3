#pragma once

#include "core/merge/method.h"

namespace eq::merge {

/// To add a method: a file core/merge/<family>/<id>.cpp (template: arithmetic/average), its
/// function in tables.h and catalog.cpp, its numbers in tests/core/merge/tst_merge_methods.cpp, an
/// input in tests/fuzz/corpus/merge/<id> and its fields in tests/app/cli/tst_merge.cpp.
const Catalog<MergeMethod>& catalog();

/// \param params given by a person. \throws Error also for λ "search", which needs runs.
std::unique_ptr<MergeMethod> createMerge(const std::string& id, const nlohmann::json& params);

}  // namespace eq::merge
