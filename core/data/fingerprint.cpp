#include "core/data/fingerprint.h"

#include <string>
#include <utility>

#include <fmt/ranges.h>

#include "core/base/sha256.h"
#include "core/data/problem.h"

namespace eq::data {
namespace {

std::string hashOf(const at::Tensor& tensor) {
  if (!tensor.defined()) return "none\n";
  const auto host = tensor.cpu().contiguous();
  const std::string_view bytes(static_cast<const char*>(host.const_data_ptr()), host.nbytes());
  return fmt::format("{} {} {}\n", c10::toString(host.scalar_type()),
                     fmt::join(host.sizes().begin(), host.sizes().end(), ","), sha256(bytes));
}

/// Of what the split holds and `hashOf` does not know.
std::string hashOfFields(const Split& split, const std::vector<TaskInfo>& tasks,
                         const std::set<std::string>& taught) {
  std::string hashes;
  for (size_t k = 0; k < split.fields.size(); ++k)
    for (const auto& [name, tensor] : split.fields[k])
      if (name != "teacher" || !taught.contains(tasks.at(k).name))
        hashes += fmt::format("{} {} {}", k, name, hashOf(tensor));
  return hashes;
}

/// A key of the fingerprint, and the split in words.
constexpr std::pair<const char*, const char*> kSplits[] = {
    {"train", "training"}, {"validation", "validation"}, {"test", "test"}};

}  // namespace

std::string hashOf(const Split& split) {
  std::string hashes = hashOf(split.inputs);
  for (const auto& target : split.targets) hashes += hashOf(target);
  for (const auto& mask : split.masks) hashes += hashOf(mask);
  return sha256(hashes);
}

nlohmann::json fingerprint(const Problem& problem, const std::set<std::string>& taught) {
  const auto training = hashOf(problem.train);
  const auto of = [&](const Split& split) -> nlohmann::json {
    const auto tensors = &split == &problem.train ? training : hashOf(split);
    return {{"sha256", sha256(tensors + hashOfFields(split, problem.tasks, taught))},
            {"source", split.source}};
  };
  nlohmann::json found = {{"train", problem.train.size()},
                          {"validation", problem.validation.size()},
                          {"test", problem.test.size()},
                          {"sha256", training},
                          {"splits",
                           {{"train", of(problem.train)},
                            {"validation", of(problem.validation)},
                            {"test", of(problem.test)}}}};
  if (!problem.teachers.empty()) found["teachers"] = problem.teachers;
  return found;
}

std::vector<std::string> changedSplits(const nlohmann::json& before, const nlohmann::json& now) {
  if (!before.contains("splits")) {
    if (before.at("sha256") == now.at("sha256")) return {};
    return {"training"};
  }
  const auto differing = [&](const char* what) {
    std::vector<std::string> names;
    for (const auto& [key, name] : kSplits)
      if (before.at("splits").at(key).at(what) != now.at("splits").at(key).at(what))
        names.emplace_back(name);
    return names;
  };
  const auto values = differing("sha256");
  const auto sources = differing("source");
  return values.empty() || sources.empty() ? values : sources;
}

}  // namespace eq::data
