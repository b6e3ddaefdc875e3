#pragma once

#include <string>
#include <vector>

#include "app/cli/cli.h"
#include "core/run/merging/merge_runs.h"

namespace eq::cli {

/// What `merge` of runs takes beside the request.
struct MergeRunsOptions {
  run::MergeRequest request;
  bool trust = false;
  bool json = false;
};

/// Merges runs and prints the report: as a table, or as JSON.
void mergeRuns(const MergeRunsOptions& options, Context& context);

}  // namespace eq::cli
