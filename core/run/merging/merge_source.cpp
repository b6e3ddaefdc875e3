#include "core/run/merging/merge_source.h"

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/fingerprint.h"
#include "core/run/origin.h"
#include "core/run/run_argument.h"
#include "core/run/run_folder.h"
#include "core/run/run_start.h"
#include "core/run/safetensors.h"
#include "core/run/whereabouts.h"

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelPrefix = "model.";

/// \throws Error that names the steps of which there are checkpoints.
fs::path checkpointOf(const RunPlace& place) {
  std::vector<std::int64_t> steps;
  for (const auto& found : allCheckpointsIn(place.folder)) {
    if (found.step == place.step) return found.path;
    steps.push_back(found.step);
  }
  fail("{}: there is no checkpoint of step {}; there are those of {}", place.folder.string(),
       place.step, fmt::join(steps, ", "));
}

MergeSource readRun(const std::string& given) {
  const auto place = runArgument(given);
  const RunReader reader(place.folder);
  requireOwn(reader);
  MergeSource source{given, place.folder, {}, place.step, {}, {}};
  if (place.step >= 0) {
    source.file = checkpointOf(place);
    source.snapshot = readSnapshot(source.file);
  } else {
    auto newest = newestCheckpoint(place.folder);
    if (newest.step < 0) fail("{}: there is no checkpoint yet", place.folder.string());
    source.step = newest.step;
    source.file = newest.file;
    source.snapshot = std::move(newest.snapshot);
  }
  source.experiment = Whereabouts(reader).locate(source.snapshot.meta.at("experiment")).experiment;
  return source;
}

MergeSource readFile(const std::string& given) {
  MergeSource source{given, {}, given, 0, readSnapshot(given), {}};
  const auto& meta = source.snapshot.meta;
  source.experiment =
      train::experimentFromJson(meta.at("experiment"), meta.at("folder").get<std::string>());
  source.step = meta.at("step").get<std::int64_t>();
  return source;
}

merge::Tensor tensorOf(const at::Tensor& given) {
  const auto whole = given.detach().cpu().contiguous();
  merge::Tensor tensor{whole.sizes().vec(), !whole.is_floating_point(), {}, {}};
  if (tensor.isInteger) {
    const auto integers = whole.to(at::kLong);
    const auto* data = integers.const_data_ptr<std::int64_t>();
    tensor.integers.assign(data, data + integers.numel());
  } else {
    const auto numbers = whole.to(at::kDouble);
    tensor.numbers =
        Eigen::Map<const Eigen::VectorXd>(numbers.const_data_ptr<double>(), numbers.numel());
  }
  return tensor;
}

/// Empty where the expert's training began at the base.
std::string lineageWarning(const MergeSource& base, const std::string& baseId,
                           const MergeSource& expert) {
  if (expert.folder.empty())
    return "a checkpoint's file does not say from which base it was trained";
  const auto info = RunReader(expert.folder).info();
  if (!baseId.empty() && info.id == baseId && expert.step >= base.step) return {};
  if (info.parent.empty()) return "is no fork, so it was not trained from the base";
  if (info.parentId.empty() || baseId.empty())
    return "it cannot be verified that it was trained from the base: a run of an earlier version "
           "has no id";
  if (info.parentId == baseId && info.parentStep == base.step) return {};
  return fmt::format("was trained from {} at step {}, not from {} at step {}", info.parent,
                     info.parentStep, base.given, base.step);
}

/// The splits that are not the base's; files of earlier versions tell of the training split alone.
std::vector<std::string> otherSplits(const nlohmann::json& base, const nlohmann::json& expert) {
  if (base.contains("splits") && expert.contains("splits"))
    return data::changedSplits(base, expert);
  if (base.value("sha256", "") == expert.value("sha256", "")) return {};
  return {"training"};
}

void addFurther(const MergeSource& base, const MergeSource& expert,
                std::vector<std::string>& found) {
  const auto none = nlohmann::json::object();
  const auto splits =
      otherSplits(base.snapshot.meta.value("data", none), expert.snapshot.meta.value("data", none));
  if (!splits.empty())
    found.push_back(
        fmt::format("was trained with other {} data than the base", fmt::join(splits, " and ")));
  if (expert.experiment.model != base.experiment.model)
    found.push_back("the fields of its model are not those of the base");
}

}  // namespace

MergeSource readMergeSource(const std::string& given) {
  std::error_code ignored;
  try {
    return fs::is_regular_file(given, ignored) ? readFile(given) : readRun(given);
  } catch (const nlohmann::json::exception& error) {
    throw Error(given + ": is not the checkpoint of a run", ErrorKind::user, error.what());
  }
}

merge::Model modelOf(const MergeSource& source) {
  merge::Model model;
  for (const auto& [name, tensor] : source.snapshot.tensors)
    if (name.starts_with(kModelPrefix))
      model.emplace(name.substr(kModelPrefix.size()), tensorOf(tensor));
  for (const auto& [name, tensor] : model)
    if (!tensor.isInteger && !tensor.numbers.allFinite())
      fail("{}: {}: not all of its numbers are finite; take an earlier checkpoint",
           source.file.string(), name);
  return model;
}

std::vector<std::string> mergeWarnings(const MergeSource& base,
                                       const std::vector<MergeSource>& experts) {
  const auto baseId = idOf(base.folder);
  std::vector<std::string> warnings;
  for (size_t k = 0; k < experts.size(); ++k) {
    std::vector<std::string> found;
    if (auto line = lineageWarning(base, baseId, experts[k]); !line.empty())
      found.push_back(std::move(line));
    addFurther(base, experts[k], found);
    for (const auto& line : found)
      warnings.push_back(fmt::format("{}: {}", placeOfRun(experts, k), line));
  }
  return warnings;
}

std::string placeOfRun(const std::vector<MergeSource>& experts, size_t expert) {
  return fmt::format("runs[{}] ({})", expert, experts.at(expert).given);
}

}  // namespace eq::run
