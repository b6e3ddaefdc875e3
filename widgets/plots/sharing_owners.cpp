#include "widgets/plots/sharing_owners.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace eq::widgets {
namespace {

using nlohmann::json;

/// As the core calls the block of these tasks.
std::string blockOf(const std::vector<std::size_t>& tasks, const RunData& data) {
  std::vector<std::string> names;
  for (const auto task : tasks) names.push_back(data.tasks()[task].name);
  if (names.size() == 1) return "task." + names.front();
  std::sort(names.begin(), names.end());
  return fmt::format("group.{}", fmt::join(names, "+"));
}

SharingOwner ownerFrom(const json& value, const RunData& data) {
  SharingOwner out;
  const auto& tasks = value.at("tasks");
  if (tasks.is_string()) {
    for (std::size_t task = 0; task < data.tasks().size(); ++task) out.tasks.push_back(task);
    out.block = "trunk";
  } else {
    for (const auto& name : tasks)
      if (const auto task = taskCalled(data, name.get<std::string>())) out.tasks.push_back(*task);
    std::sort(out.tasks.begin(), out.tasks.end());
    if (!out.tasks.empty()) out.block = blockOf(out.tasks, data);
  }
  out.parameters = value.at("parameters").get<std::int64_t>();
  out.flops = value.at("flops_per_example").get<std::int64_t>();
  for (const auto& layer : value.at("layers"))
    out.layers.push_back({layer.at("name").get<std::string>(), layer.at("head").get<bool>(),
                          layer.at("parameters").get<std::int64_t>(),
                          layer.at("trainable").get<std::int64_t>()});
  return out;
}

}  // namespace

std::optional<std::size_t> taskCalled(const RunData& data, const std::string& name) {
  for (std::size_t task = 0; task < data.tasks().size(); ++task)
    if (data.tasks()[task].name == name) return task;
  return std::nullopt;
}

std::vector<SharingOwner> ownersIn(const train::EventRecord& event, const RunData& data) {
  std::vector<SharingOwner> out;
  if (!event.detail.is_object() || !event.detail.contains("owners")) return out;
  try {
    for (const auto& value : event.detail.at("owners")) out.push_back(ownerFrom(value, data));
  } catch (const json::exception&) {
    return {};  // of a file that something else wrote
  }
  return out;
}

}  // namespace eq::widgets
