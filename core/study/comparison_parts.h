#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/study/comparison.h"

namespace eq::study {

// What `compare` is made of.

/// Null where the group has no such metric.
const GroupMetric* metricOf(const Group& group, const std::string& task, const std::string& metric);

/// The tasks whose loss, with its parameters, is the same in all runs: only there can losses be
/// compared.
std::set<std::string> tasksOfEqualLoss(const std::vector<const ComparedRun*>& runs);

/// Each task's first metric against the mean of its single-task baselines, in percent. Remarks on
/// baselines of a task that differ by more than their seed.
void addDrops(Comparison& comparison, const std::vector<const ComparedRun*>& baselines);

/// Remarks on groups with several runs of one seed.
void addRepeats(Comparison& comparison);

/// Over the metrics of tasks of which every group has a mean that is a number.
/// \param losses the tasks whose loss counts.
void addMeanRanks(std::vector<Group>& groups, const std::set<std::string>& losses);

/// Every other group against the baseline, in all metrics that both have. Runs of a group with the
/// same seed count as one, by their mean; a pair without two numbers is left out.
std::vector<PairedTest> pairedTests(const std::vector<Group>& groups, std::size_t baseline,
                                    const std::set<std::string>& losses);

}  // namespace eq::study
