#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "core/base/text.h"
#include "core/run/exchange/import_files.h"

namespace eq::cli {
namespace {

struct ImportOptions {
  std::string place;
  std::string out = "runs";
  bool json = false;
};

void importAll(const ImportOptions& options, Context& context) {
  nlohmann::json folders = nlohmann::json::array();
  for (const auto& run : run::importRuns(options.place)) {
    const auto written = run::writeImported(run, options.out);
    folders.push_back(written.folder.string());
    if (!options.json) context.out << written.folder.string() << '\n';
    for (const auto& remark : written.remarks)
      context.err << "warning: " << printable(remark) << '\n';
  }
  if (options.json) context.out << jsonText({{"runs", folders}}) << '\n';
}

}  // namespace

void addImportCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<ImportOptions>();
  auto* command = app.add_subcommand(
      "import", "Make runs to look at and compare of what other programs recorded");
  command
      ->add_option("PLACE", options->place,
                   "A folder of TensorBoard's, a CSV file of W&B, Aim or export --series csv, or a "
                   "SQLite file of Optuna")
      ->required();
  command->add_option("--out", options->out, "Folder in which the runs' folders are made");
  command->add_flag("--json", options->json, "Print {\"runs\": [folder, ...]}");
  command->callback([options, &context] { importAll(*options, context); });
}

}  // namespace eq::cli
