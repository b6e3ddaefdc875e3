#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/run_folder.h"
#include "core/run/run_labels.h"

namespace eq::study {

/// What a report draws of a run over its steps.
struct ReportSeries {
  std::vector<double> step, value;
  std::vector<double> absent;  ///< steps with nothing to measure, which are no gaps
};

/// A run as a report reads it: one moment of its record.
struct ReportRun {
  run::RunInfo info;
  run::RunLabels labels;
  std::vector<std::string> tasks;
  nlohmann::json experiment;  ///< as it began
  nlohmann::json complete;    ///< the same with every default
  std::filesystem::path dataFolder;
  /// By the names of exports: loss.T, weight.T, norm.T, SPLIT.T.METRIC; angle.T1.T2 in degrees.
  std::map<std::string, ReportSeries> series;
  std::vector<train::EvaluationRecord> evaluations;
  std::vector<train::EventRecord> events;
  nlohmann::json commands;   ///< as `run --commands` reads them
  nlohmann::json machinery;  ///< {"torch", "device", "threads"} of its newest start; null: unknown
  nlohmann::json data;       ///< its fingerprint; null where there is no checkpoint
};

/// \throws Error when the folder holds no run, or it cannot be read. A checkpoint that cannot be
/// read leaves `data` null.
ReportRun readReportRun(const std::filesystem::path& folder);

/// What each is called: its title or its experiment's name; several of one name by their folder as
/// well.
std::vector<std::string> reportNames(const std::vector<ReportRun>& runs);

}  // namespace eq::study
