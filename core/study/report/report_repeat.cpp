#include <algorithm>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/study/report/report_parts.h"
#include "core/study/report/run_report.h"
#include "core/train/complete_experiment.h"

namespace eq::study {
namespace {

using nlohmann::json;

/// Relative paths of the data start at a folder that the run remembers.
std::string dataSetting(const ReportRun& run) {
  for (const char* key : {"path", "folder"}) {
    const auto value = train::fieldAt(run.experiment, std::string("data.") + key);
    if (!value || !value->is_string()) continue;
    const std::filesystem::path path = value->get<std::string>();
    if (path.empty() || path.is_absolute() || run.dataFolder.empty()) continue;
    const auto place = (run.dataFolder / path).lexically_normal();
    return " --set " + shellWord(fmt::format("data.{}={}", key, place.string()));
  }
  return {};
}

/// Bits depend on the number of threads.
std::string threadsSetting(const ReportRun& run) {
  if (!run.machinery.is_object() || !run.machinery["threads"].is_number_integer()) return {};
  return fmt::format(" --threads {}", run.machinery["threads"].get<std::int64_t>());
}

/// A run that was given another length: where, and how many epochs.
struct Continued {
  std::int64_t step = 0;
  double epochs = 0;
  bool forked = false;  ///< as it was forked
};

std::vector<Continued> continuationsOf(const ReportRun& run) {
  std::vector<Continued> all;
  for (const auto& event : run.events)
    if ((event.kind == "resumed" || event.kind == "started") && event.detail.is_object() &&
        event.detail.contains("epochs") && event.detail["epochs"].is_number())
      all.push_back({event.step, event.detail["epochs"].get<double>(), event.kind == "started"});
  return all;
}

/// Each stops where the next one begins.
std::string resumeCommands(const ReportRun& run, const std::vector<Continued>& continued) {
  std::string text;
  for (std::size_t i = 0; i < continued.size(); ++i) {
    const bool last = i + 1 == continued.size();
    text += fmt::format(
        "# RUN is the folder that the first command printed\n"
        "equipoise-cli resume RUN --epochs {}{} --steps {}\n",
        continued[i].epochs, run.commands.empty() ? "" : " --commands commands.json",
        last ? run.info.steps : continued[i + 1].step);
  }
  return text;
}

std::string forkCommands(const ReportRun& run, std::vector<Continued> continued) {
  const auto forked = std::find_if(continued.begin(), continued.end(),
                                   [](const Continued& one) { return one.forked; });
  const auto epochs =
      forked == continued.end() ? std::string() : fmt::format(" --epochs {}", forked->epochs);
  std::erase_if(continued, [&](const Continued& one) {
    return one.forked || one.step <= run.info.parentStep;  // the parent's
  });
  return fmt::format(
             "# or from its parent on:\nequipoise-cli fork {}{}{} --steps {} --out runs\n",
             shellWord(run.info.parentFolder.string() + "@" + std::to_string(run.info.parentStep)),
             epochs, run.commands.empty() ? "" : " --commands commands.json",
             continued.empty() ? run.info.steps : continued.front().step) +
         resumeCommands(run, continued);
}

/// A run that was merged: no training repeats its parameters.
std::string mergeCommands(const ReportRun& run, const train::EventRecord& merge) {
  const auto& detail = merge.detail;
  std::string runs;
  for (const auto& one : detail.at("runs")) runs += " " + shellWord(one.get<std::string>());
  auto text = fmt::format(
      "equipoise-cli merge {} --base {}{}{} --params {} --seed {} --out merged\n",
      detail.at("id").get<std::string>(), shellWord(detail.at("base").get<std::string>()),
      detail.at("id") == "atm" || runs.empty() ? "" : " --runs",
      detail.at("id") == "atm" ? "" : runs, shellWord(detail.at("params").dump()),
      detail.at("seed").get<std::uint64_t>());
  if (run.info.steps > merge.step)
    text += fmt::format("equipoise-cli resume merged{} --steps {}\n",
                        run.commands.empty() ? "" : " --commands commands.json", run.info.steps);
  return text;
}

std::string repeatCommands(const ReportRun& run) {
  const auto merge = std::find_if(run.events.begin(), run.events.end(),
                                  [](const auto& event) { return event.kind == "merge"; });
  if (merge != run.events.end()) return mergeCommands(run, *merge);
  const auto folder = std::filesystem::absolute(run.info.folder).lexically_normal();
  const auto file = shellWord((folder / "experiment.json").string());
  const bool commanded = !run.commands.empty();
  const auto continued = continuationsOf(run);
  std::string text;
  if (commanded)
    text += fmt::format("equipoise-cli export {} --commands --to commands.json\n",
                        shellWord(folder.string()));
  text += fmt::format(
      "equipoise-cli run {}{}{}{} --steps {} --out runs\n", file, dataSetting(run),
      threadsSetting(run), commanded ? " --commands commands.json" : "",
      std::max<std::int64_t>(continued.empty() ? run.info.steps : continued.front().step, 1));
  text += resumeCommands(run, continued);
  if (!run.info.parentFolder.empty()) text += forkCommands(run, continued);
  return text;
}

}  // namespace

std::string shellWord(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=@:,+%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

ReportSection repeatSection(const ReportSources& sources, const ReportLooks& looks,
                            const std::string& command) {
  ReportSection section{"How to repeat it", {}};
  if (!command.empty()) section.blocks.emplace_back(ReportCode{"This report", command + "\n"});
  for (std::size_t i = 0; i < sources.runs.size(); ++i)
    section.blocks.emplace_back(ReportCode{looks.runs[i].name, repeatCommands(sources.runs[i])});
  for (std::size_t i = 0; i < sources.runs.size(); ++i) {
    const auto& run = sources.runs[i];
    section.blocks.emplace_back(ReportCode{looks.runs[i].name + ": experiment.json",
                                           jsonText(run.experiment, 2) + "\n", true});
    if (!run.commands.empty())
      section.blocks.emplace_back(ReportCode{looks.runs[i].name + ": commands.json",
                                             jsonText(run.commands, 2) + "\n", true});
  }
  return section;
}

}  // namespace eq::study
