#include "core/run/merging/merge_memory.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/merging/merge_folder.h"
#include "core/run/merging/merge_runs.h"
#include "core/run/safetensors.h"

namespace eq::run {
namespace {

using namespace std::chrono_literals;

constexpr auto kBetweenStates = 1s;  // of work that a kill may cost, where keeping is quick
constexpr int kShareOfWork = 20;     // keeping takes at most a twentieth of the time

}  // namespace

MergeMemory::MergeMemory(const std::filesystem::path& out, nlohmann::json asked)
    : file_(mergeStateFile(out)), asked_(std::move(asked)), next_(begun_ + kBetweenStates) {
  if (std::error_code none; !std::filesystem::exists(file_, none)) return;
  try {
    auto found = readSnapshot(file_);
    if (found.meta.at("asked") == asked_) {
      secondsBefore_ = found.meta.at("seconds").get<double>();
      kept_ = train::Snapshot{std::move(found.tensors), found.meta.at("state")};
    } else {
      refusal_ = "was kept by another merge into the same folder, which is given up";
    }
  } catch (const Error& error) {
    refusal_ = error.what();
  } catch (const nlohmann::json::exception&) {
    refusal_ = "holds no state of a merge";
  }
  if (!refusal_.empty() && !refusal_.starts_with(file_.string()))
    refusal_ = file_.string() + ": " + refusal_;
}

void MergeMemory::keepInTime(const State& state) {
  if (Clock::now() >= next_) keep(state);
}

void MergeMemory::keep(const State& state) {
  const auto before = Clock::now();
  auto now = state();
  const double seconds = secondsBefore_ + std::chrono::duration<double>(before - begun_).count();
  now.meta = {{"asked", asked_}, {"seconds", seconds}, {"state", std::move(now.meta)}};
  makeFolders(file_.parent_path());
  writeSnapshot(file_, now);
  const auto after = Clock::now();
  next_ = after + std::max<Clock::duration>(kBetweenStates, kShareOfWork * (after - before));
}

void MergeMemory::forget() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::filesystem::path mergeStateFile(const std::filesystem::path& out) {
  return besideMerge(out, ".merging.safetensors");
}

std::optional<train::Snapshot> keptBy(const MergeMemory* memory) {
  return memory ? memory->kept() : std::nullopt;
}

void tellStep(const MergeProgress& progress, MergeMemory* memory, const MergePart& part,
              const MergeMemory::State& state) {
  if (!memory) return progress(part);
  memory->keepInTime(state);
  try {
    progress(part);
  } catch (...) {
    memory->keep(state);
    throw;
  }
}

void addTensors(const std::map<std::string, at::Tensor>& tensors, const std::string& prefix,
                train::Snapshot& state) {
  for (const auto& [name, tensor] : tensors)
    state.tensors[prefix + name] = tensor.detach().to(at::kCPU).contiguous();
}

std::map<std::string, at::Tensor> tensorsOf(const train::Snapshot& state,
                                            const std::string& prefix) {
  std::map<std::string, at::Tensor> found;
  for (const auto& [name, tensor] : state.tensors)
    if (name.starts_with(prefix)) found.emplace(name.substr(prefix.size()), tensor);
  return found;
}

}  // namespace eq::run
