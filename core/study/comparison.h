#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/study/compared_run.h"
#include "core/study/statistics.h"

namespace eq::study {

/// A metric of a task in the runs of a group.
struct GroupMetric {
  std::vector<std::optional<double>> values;  ///< one a run
  Summary summary;                            ///< of those that are there
};

/// Runs that differ by nothing but their seed, as far as the fields say.
struct Group {
  std::map<std::string, nlohmann::json> fields;  ///< by path; null where a run has no such field
  std::vector<const ComparedRun*> runs;          ///< by seed
  std::map<std::string, std::map<std::string, GroupMetric>> metrics;  ///< by task and metric
  std::map<std::string, std::optional<double>> taskDrops;  ///< percent; below 0 is better
  std::optional<double> drop;      ///< their mean; none where one is missing
  std::optional<double> meanRank;  ///< 1 is the best
};

/// A group against the baseline in one metric, in pairs of equal seed.
struct PairedTest {
  std::string task, metric;
  std::size_t group = 0, baseline = 0;  ///< among the groups
  std::size_t pairs = 0;                ///< zeros included
  std::optional<double> difference;     ///< mean of group - baseline
  std::optional<double> wilcoxon, t;    ///< two-sided p; none below five pairs
  std::optional<double> wilcoxonHolm, tHolm;
  std::string note;  ///< why there is no p
};

struct ComparisonRequest {
  std::vector<std::string> by;        ///< paths; empty: all that differ but the seed
  std::vector<std::string> baseline;  ///< PATH=VALUE; empty: no tests, unless a run is pinned
  std::filesystem::path pinned = {};  ///< a run of the baseline; one of no group: no tests
};

struct Comparison {
  std::vector<Group> groups;  ///< in the order of the runs
  std::vector<PairedTest> tests;
  std::vector<std::string> remarks;  ///< what a person should know about the runs
  /// Tasks whose loss is the same in all groups: the losses of others cannot be compared.
  std::set<std::string> equalLosses = {};

  /// Whether a task's metric says which group is better.
  bool isComparable(const std::string& task, const std::string& metric) const;
  /// "(higher is better)", or why none is.
  std::string whichIsBetter(const std::string& task, const std::string& metric) const;
};

/// Single-task baselines among `runs` are no groups; they and `single` are what delta_m is relative
/// to. A run of the only task of its data is one in `single` alone.
/// \param runs outlive the comparison. \throws Error when nothing is left to compare, a path is
/// that of no field, or the baseline fits no group or several.
Comparison compare(const std::vector<ComparedRun>& runs, const std::vector<ComparedRun>& single,
                   const ComparisonRequest& request);
Comparison compare(std::vector<ComparedRun>&& runs, const std::vector<ComparedRun>& single,
                   const ComparisonRequest& request) = delete;

/// The fields, but seed, names and descriptions, that are not the same in all runs: what makes a
/// group unless it is said otherwise. Single-task baselines do not count.
std::vector<std::string> differingFields(const std::vector<ComparedRun>& runs);

/// "a=1,b=[1,2]" at its commas outside of brackets and quotes; empty pieces are left out.
std::vector<std::string> splitAtCommas(const std::string& text);

}  // namespace eq::study
