#include "core/study/sweep/slurm.h"

#include <array>
#include <cstdio>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;

constexpr int kWarningSeconds = 120;  // before the time limit

/// As one word of the shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// In a line for sbatch, where quotes end at quotes and % begins a pattern.
std::string patternOf(const std::string& path) {
  if (path.find_first_of("\"\n\\") != std::string::npos)
    fail("--out: {}: Slurm takes no quotes and backslashes in the path of its log", path);
  std::string out;
  for (const char c : path) out += c == '%' ? std::string("%%") : std::string(1, c);
  return out;
}

bool isOver(const std::optional<run::RunInfo>& info) {
  return info && (hasEnded(*info) || info->state == run::RunState::failed);
}

/// What a command prints, on both streams. \returns its status.
int outputOf(const std::string& command, std::string& output) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return -1;
  std::array<char, 1024> bytes{};
  while (const size_t got = std::fread(bytes.data(), 1, bytes.size(), pipe))
    output.append(bytes.data(), got);
  return ::pclose(pipe);
}

}  // namespace

std::string openRuns(const SweepFile& file, const std::vector<SweepRun>& runs,
                     const fs::path& folder) {
  if (file.sweep.method == "asha")
    fail(
        "{}: sweep.method: \"asha\" compares runs as they end, which the tasks of a job array "
        "cannot; run it without --slurm",
        file.file.string());
  const auto found = foundRuns(folder, file, runs);
  std::string array;
  for (size_t begin = 0; begin < found.size(); ++begin) {
    if (isOver(found[begin])) continue;
    size_t end = begin;
    while (end + 1 < found.size() && !isOver(found[end + 1])) ++end;
    array += fmt::format("{}{}", array.empty() ? "" : ",", begin);
    if (end > begin) array += fmt::format("-{}", end);
    begin = end;
  }
  return array;
}

std::string slurmScript(const SlurmOptions& options, const std::string& array) {
  const auto folder = fs::absolute(options.folder).lexically_normal().string();
  std::string script = "#!/bin/bash\n";
  const auto line = [&](const std::string& text) { script += "#SBATCH " + text + "\n"; };
  line("--job-name=" + options.name);
  line(fmt::format("--array={}{}", array,
                   options.workers > 0 ? fmt::format("%{}", options.workers) : ""));
  line(fmt::format("--ntasks=1 --cpus-per-task={}", options.threads));
  line("--requeue --open-mode=append");
  line(fmt::format("--signal=USR1@{}", kWarningSeconds));
  line(fmt::format("--output=\"{}/slurm-%a.log\"", patternOf(folder)));
  if (!options.partition.empty()) line("--partition=" + options.partition);
  script += fmt::format(
      "srun --ntasks=1 --cpus-per-task={} {} worker --index \"$SLURM_ARRAY_TASK_ID\" --out {} "
      "--data {} --threads {}{}\n",
      options.threads, quoted(options.program.string()), quoted(folder),
      quoted(fs::absolute(options.data).string()), options.threads,
      options.trust ? " --trust" : "");
  // 138: it was warned, and has its checkpoint. 75: its run is still being left elsewhere. 143: it
  // was ended, by a job that goes before it (then Slurm names the time) or by a person.
  script +=
      "code=$?\n"
      "again() { scontrol requeue \"$SLURM_JOB_ID\"; }\n"
      "case $code in\n"
      "138 | 75) again ;;\n"
      "143) if scontrol show job \"$SLURM_JOB_ID\" | grep -q ' PreemptTime=[^N]'; then again; fi "
      ";;\n"
      "esac\n"
      "exit $code\n";
  return script;
}

std::string submitToSlurm(const SlurmOptions& options, const std::string& array) {
  const auto file = options.folder / "slurm.sh";
  run::writeAtomically(file, slurmScript(options, array));
  std::string said;
  const int status = outputOf("sbatch --parsable " + quoted(file.string()), said);
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (status != 0)
    throw Error(fmt::format("sbatch: {}", said.empty() ? "cannot be started" : said),
                ErrorKind::failure);
  noteSubmitted(options.folder);
  return said.substr(0, said.find(';'));
}

}  // namespace eq::study
