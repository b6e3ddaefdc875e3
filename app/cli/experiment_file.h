#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "core/train/experiment.h"

namespace eq::cli {

/// What a command is to train: an experiment file, a CSV file with what is to be predicted, or a
/// folder of images.
struct ExperimentFile {
  std::string file;
  std::string targets;  ///< "price,rooms:class"; empty: as the window would choose
  std::vector<std::string> settings;
};

/// Whether it is one in JSON, by its name and by what lies in a folder.
/// \throws Error for a folder that holds nothing that an experiment is made of.
bool namesExperiment(const ExperimentFile& given);

/// FILE, --targets and --set.
void addExperimentFile(CLI::App& command, ExperimentFile& given);

/// Settings applied. What was chosen for a table or for images goes to `context.err`.
/// \throws Error that names the file, `--targets` or the setting.
train::Experiment readExperimentFile(const ExperimentFile& given, Context& context);

}  // namespace eq::cli
