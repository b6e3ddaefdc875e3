#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/study/comparison.h"

namespace CLI {
class App;
}

namespace eq::cli {

/// Which runs are compared, and how: what all commands that do so take.
struct ComparisonOptions {
  std::vector<std::string> arguments;
  std::string by, baseline, single;
  std::string split = "test", value = "final";
};
/// RUN..., --by, --baseline, --single, --split, --value.
void addComparisonOptions(CLI::App& command, ComparisonOptions& options);
study::ComparisonRequest requestOf(const ComparisonOptions& options);

std::vector<std::filesystem::path> argumentsOf(const ComparisonOptions& options);

}  // namespace eq::cli
