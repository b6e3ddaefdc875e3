#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "app/cli/sweep_run.h"
#include "core/study/sweep/lanes.h"

namespace eq::cli {

void addBaselinesCommand(CLI::App& app, Context& context) {
  struct Options {
    std::string file;
    std::vector<std::uint64_t> seeds;
    SweepOptions sweep;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand(
      "baselines", "Train each task of an experiment file alone, to compare others with");
  command->add_option("FILE", options->file, "Experiment file")->required();
  command->add_option("--seeds", options->seeds, "1,2,3; without it the file's, or its sweep's")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(integerFrom<std::uint64_t>(0));
  addSweepOptions(*command, options->sweep);
  command->callback([options, &context] {
    runSweep(study::baselinesOf(options->file, options->seeds), options->sweep, context);
  });
}

}  // namespace eq::cli
