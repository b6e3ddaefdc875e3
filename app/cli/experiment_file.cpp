#include "app/cli/experiment_file.h"

#include <filesystem>
#include <ostream>

#include "app/cli/options.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "core/data/csv.h"
#include "core/data/image_folder.h"
#include "core/data/map_folder.h"
#include "core/train/image_experiment.h"
#include "core/train/settings.h"
#include "core/train/table_experiment.h"

namespace eq::cli {
namespace {

/// Columns whose names hold commas are named by --set data.targets=...
std::vector<std::string> wishesOf(const std::string& text) {
  std::vector<std::string> wishes;
  for (const auto& part : CLI::detail::split(text, ','))
    if (const auto wish = data::oneLine(data::trimmed(part)); !wish.empty()) wishes.push_back(wish);
  return wishes;
}

train::Experiment experimentIn(const ExperimentFile& given, Context& context) {
  const bool table = data::isTableName(given.file);
  if (!table && !given.targets.empty())
    fail(
        "--targets: {} is no table (.csv, .tsv, .tab, .txt, also with .gz); an experiment file "
        "names its targets itself",
        given.file);
  if (namesExperiment(given)) return train::readExperiment(given.file);
  const bool maps = !table && data::isMapFolder(given.file);
  std::vector<std::string> notes;
  const auto keys = train::dataKeys(train::settingsFromTexts(given.settings));
  const auto experiment = maps    ? train::mapExperiment(given.file, notes, keys)
                          : table ? train::tableExperiment(given.file, wishesOf(given.targets),
                                                           "--targets", notes, keys)
                                  : train::imageExperiment(given.file, notes, keys);
  for (const auto& note : notes)
    context.err << printable(data::oneLine(given.file + ": " + note)) << '\n';
  return experiment;
}

}  // namespace

bool namesExperiment(const ExperimentFile& given) {
  if (data::isTableName(given.file) || data::isMapFolder(given.file) ||
      data::isImageFolder(given.file))
    return false;
  std::error_code none;
  if (std::filesystem::is_directory(given.file, none))
    fail(
        "{}: is a folder with neither images in folders that name their classes nor parts with "
        "maps (train/image/0.npy); for other data name an experiment file, such as one with "
        "data.id \"images\" and a data.table of targets, or \"arrays\"",
        given.file);
  const auto ending = std::filesystem::path(given.file).extension();
  if (ending == ".npz" || ending == ".npy")
    fail(
        "{}: holds arrays, and which of them are targets stands in an experiment file: {{\"data\": "
        "{{\"id\": \"arrays\", \"path\": ..., \"targets\": [{{\"array\": ...}}]}}}}",
        given.file);
  return true;
}

void addExperimentFile(CLI::App& command, ExperimentFile& given) {
  command
      .add_option("FILE", given.file,
                  "Experiment file, a table (CSV), or a folder of images with a folder a class, or "
                  "with folders train and val of image, label, depth, normal (.npy)")
      ->required();
  command
      .add_option(
          "--targets", given.targets,
          "Columns of the table to be predicted, NAME or NAME:KIND (class, binary, ordinal, "
          "number); without it, the last that can be")
      ->type_name("A,B:KIND")
      ->check(storableText());
  addSetOption(command, given.settings);
}

train::Experiment readExperimentFile(const ExperimentFile& given, Context& context) {
  return train::withSettings(experimentIn(given, context),
                             train::settingsFromTexts(given.settings));
}

}  // namespace eq::cli
