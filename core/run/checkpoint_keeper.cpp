#include "core/run/checkpoint_keeper.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "core/base/number_text.h"
#include "core/run/safetensors.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr double kGigabyte = 1e9;
constexpr std::size_t kHeldBytes = 16'000'000;
constexpr size_t kNewest = 2;  // where the newest is damaged, little is lost

bool wasAskedFor(const train::EventRecord& event) {
  if (event.kind != "checkpoint") return false;
  const auto& detail = event.detail;
  const auto found = detail.is_object() ? detail.find("asked") : detail.end();
  return found == detail.end() || *found != false;
}

}  // namespace

CheckpointKeeper::CheckpointKeeper(const fs::path& folder, const train::Experiment& experiment)
    : folder_(folder), keep_(experiment.keep), metrics_(mainMetrics(experiment)) {}

void CheckpointKeeper::recall(const RunReader& reader) {
  const auto info = reader.info();
  const auto own =
      info.parent.empty() ? 0 : info.parentStep;  // checkpoints before are the parent's
  const auto events = reader.events();
  const auto since = lossesSince(events, metrics_.size());
  for (const auto& evaluation : reader.evaluations())
    if (evaluation.step >= own) takeBest(best_, evaluation, metrics_, since);
  for (const auto& event : events)
    if (wasAskedFor(event)) asked_.insert(event.step);
}

void CheckpointKeeper::lossChanged(size_t task) {
  if (task < best_.size() && metrics_.at(task) == "loss") best_[task].reset();
}

bool CheckpointKeeper::isDue(std::int64_t step) const {
  return keep_.every > 0 && step % keep_.every == 0;
}

bool CheckpointKeeper::isBest(const train::EvaluationRecord& evaluation) {
  return takeBest(best_, evaluation, metrics_) && keep_.best;
}

bool CheckpointKeeper::hasReason(std::int64_t step) const {
  const auto isThere = [&](const auto& best) { return best && best->step == step; };
  return isDue(step) || asked_.contains(step) ||
         (keep_.best && std::any_of(best_.begin(), best_.end(), isThere));
}

bool CheckpointKeeper::hold(std::int64_t step, train::Snapshot snapshot) {
  std::erase_if(held_, [&](const auto& one) { return !hasReason(one.first); });
  held_[step] = std::move(snapshot);
  std::size_t bytes = 0;
  for (const auto& [at, one] : held_)
    for (const auto& [name, tensor] : one.tensors) bytes += tensor.nbytes();
  return bytes > kHeldBytes;
}

void CheckpointKeeper::writeHeld() {
  for (auto one = held_.begin(); one != held_.end(); one = held_.erase(one))
    writeSnapshot(checkpointFile(folder_, one->first), one->second);
}

std::vector<CheckpointKeeper::File> CheckpointKeeper::files() const {
  std::vector<File> files;
  for (const auto& checkpoint : checkpointsIn(folder_)) {
    std::error_code gone;
    const auto size = fs::file_size(checkpoint.path, gone);
    if (!gone)
      files.push_back({checkpoint.step, static_cast<double>(size), hasReason(checkpoint.step)});
  }
  for (size_t i = 0; i < files.size(); ++i)
    if (i == 0 || i + kNewest >= files.size()) files[i].stays = true;
  return files;
}

std::string CheckpointKeeper::tell(const std::string& text) {
  return told_.insert(text).second ? text : std::string();
}

size_t CheckpointKeeper::mostDispensable(const std::vector<File>& files) {
  size_t found = 0;
  auto least = std::numeric_limits<std::int64_t>::max();
  for (size_t i = 1; i + 1 < files.size(); ++i) {
    const auto gap = files[i + 1].step - files[i - 1].step;
    if (files[i].stays || gap >= least) continue;
    found = i;
    least = gap;
  }
  return found;
}

std::string CheckpointKeeper::thin() {
  auto left = files();
  double size = std::accumulate(left.begin(), left.end(), 0.0,
                                [](double sum, const File& file) { return sum + file.size; });
  bool thinned = false;
  while (size > keep_.size * kGigabyte) {
    const auto next = mostDispensable(left);
    if (next == 0) break;
    std::error_code code;
    fs::remove(checkpointFile(folder_, left[next].step), code);
    if (code) return tell(fmt::format("checkpoints: cannot be thinned: {}", code.message()));
    thinned = true;
    size -= left[next].size;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(next));
  }
  const auto limit = numberText(keep_.size, 4);
  if (thinned)
    return tell(
        fmt::format("checkpoints: above {} GB (keep.size) those are removed, evenly, that "
                    "are neither the first, one of the newest two, best, an n-th nor asked "
                    "for",
                    limit));
  if (keep_.size == 0 || size <= keep_.size * kGigabyte) return {};
  return tell(fmt::format(
      "checkpoints: those that stay in any case take more than keep.size, {} GB", limit));
}

}  // namespace eq::run
