#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <QString>
#include <QStringList>

#include "core/study/comparison_runs.h"
#include "widgets/session/newest_work.h"

namespace eq::widgets {

/// What a person wants to see compared.
struct ComparisonQuestion {
  std::vector<std::filesystem::path> folders;
  std::filesystem::path single;  ///< folder of single-task runs; empty: none
  study::ValueChoice choice;
  std::vector<std::string> by;   ///< empty: all that differ but the seed
  std::filesystem::path pinned;  ///< a run of the baseline; empty: none
};

/// A comparison as it was read; its groups point into its runs, so it is not copied.
struct ComparisonView {
  study::ComparisonRuns runs;
  study::Comparison comparison;
  QStringList names;                 ///< of the runs, each another
  std::vector<std::string> fields;   ///< in which the runs differ, but for the seed
  std::vector<std::string> remarks;  ///< what a person should know
};
using ComparisonPtr = std::shared_ptr<const ComparisonView>;

/// Reads the runs and compares them. Single-task runs that cannot be read are among the remarks.
/// \throws Error when a run cannot be read, the fields are not those of the runs, or nothing is
/// left to compare.
ComparisonPtr readComparison(const ComparisonQuestion& question,
                             const NewestWork::Progress& progress);

/// "A: squentropy, lr 0.01"; "A: all runs" where no field makes the groups.
QString groupTitle(const study::Comparison& comparison, std::size_t group);
/// "left accuracy ↑": an arrow up where higher is better, none where that cannot be compared.
QString metricTitle(const study::Comparison& comparison, const std::string& task,
                    const std::string& metric);

}  // namespace eq::widgets
