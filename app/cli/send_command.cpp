#include <cmath>
#include <ostream>

#include <CLI/CLI.hpp>

#include "app/cli/cli.h"
#include "app/cli/options.h"
#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/text.h"
#include "core/run/mail.h"
#include "core/run/run_argument.h"
#include "core/run/wishes.h"

namespace eq::cli {
namespace {

struct SendOptions {
  std::string run;
  std::vector<std::string> commands;
  double timeout = 10;
  bool json = false;
};

/// \throws Error naming the argument that is no command.
nlohmann::json commandsFrom(const std::vector<std::string>& texts) {
  auto commands = nlohmann::json::array();
  for (size_t i = 0; i < texts.size(); ++i)
    commands.push_back(parseJson(texts[i], fmt::format("commands[{}]", i)));
  run::wishesFrom(commands);
  return commands;
}

void send(const SendOptions& options, Context& context) {
  const auto folder = run::runFolder(options.run);
  const auto commands = commandsFrom(options.commands);
  const std::chrono::milliseconds timeout(std::llround(options.timeout * 1000));
  const auto sender = run::senderHere("equipoise-cli send");
  const auto reply = run::sendLetter(folder, commands, sender, timeout);
  if (reply.kind == run::Reply::Kind::refused) throw Error(reply.reason);
  if (reply.kind == run::Reply::Kind::nobody)
    throw Error(fmt::format("{}: {}: nothing was applied", folder.string(), reply.reason),
                ErrorKind::failure);
  if (options.json)
    context.out << jsonText({{"run", folder.string()}, {"applied", commands.size()}}) << '\n';
}

}  // namespace

void addSendCommand(CLI::App& app, Context& context) {
  auto options = std::make_shared<SendOptions>();
  auto* command = app.add_subcommand("send", "Change a run that another process or window trains");
  command->add_option("RUN", options->run, "Run folder, or a folder that holds one run")
      ->required();
  command
      ->add_option(
          "COMMAND", options->commands,
          R"(Commands as in --commands, {"kind": "set_weight", "task": 0, "value": 2}, and )"
          R"({"kind": "pause"}, resume, stop, checkpoint; all are done, or none. A Python program of )"
          R"(your own takes set_weight, note and these, and {"kind": "set_number", "name": "lr", )"
          R"("value": 0.1})")
      ->required()
      ->type_name("JSON")
      ->check(storableText());
  command
      ->add_option("--timeout", options->timeout,
                   "Seconds after which nobody seems to train the run")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
  command->add_flag("--json", options->json, "For machines");
  command->callback([options, &context] { send(*options, context); });
}

}  // namespace eq::cli
