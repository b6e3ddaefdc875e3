#pragma once

#include <string>
#include <vector>

#include "core/data/table_guesses.h"
#include "core/train/experiment.h"

namespace eq::train {

// How a table is trained on where nothing else is said: the window and the command line ask here.

/// `data.targets` of what is to be predicted. \param wishes columns, each with or without its kind:
/// "price", "price:number" (class, binary, ordinal, number); a column without one is a class where
/// it looks like that, else a number. Empty: the column that data::chooseTarget finds.
/// \throws Error `--targets: flats.csv has no column "prise"; it has ...`, beginning with `place`.
nlohmann::json tableTargets(const data::TableGuesses& guesses,
                            const std::vector<std::string>& wishes, const std::string& place);

/// A batch, and so many epochs that there is something to watch: about 2,000 steps or more.
struct Length {
  std::int64_t batch = 256;
  double epochs = 10;
};
/// \param data keys of the dataset, of which `validation` and `test` count. \param rows examples.
Length lengthToWatch(const nlohmann::json& data, std::size_t rows);

/// A network for a table, and a length to watch. Numbers to be predicted are standardised unless
/// `data` says otherwise. \param data keys of the dataset, with `path` and `targets`. \param rows
/// of the table.
Experiment tableExperiment(const nlohmann::json& data, std::size_t rows);

/// The same of a file whose columns and marks are as they look. \param notes take what is predicted
/// and which columns were passed over, a sentence each. \param keys of `data` that are given; the
/// table is read with them before a target is looked for. \throws Error naming file and line.
Experiment tableExperiment(const std::filesystem::path& file,
                           const std::vector<std::string>& wishes, const std::string& place,
                           std::vector<std::string>& notes,
                           const nlohmann::json& keys = nlohmann::json::object());

}  // namespace eq::train
