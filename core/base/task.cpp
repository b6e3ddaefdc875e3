#include "core/base/task.h"

#include <array>
#include <utility>

#include "core/base/error.h"

namespace eq {
namespace {

constexpr std::array<std::pair<TaskKind, std::string_view>, 7> kNames{{
    {TaskKind::classification, "classification"},
    {TaskKind::binary, "binary"},
    {TaskKind::multilabel, "multilabel"},
    {TaskKind::ordinal, "ordinal"},
    {TaskKind::regression, "regression"},
    {TaskKind::segmentation, "segmentation"},
    {TaskKind::objective, "objective"},
}};

}  // namespace

std::string_view toText(TaskKind kind) {
  for (const auto& [value, name] : kNames)
    if (value == kind) return name;
  return "?";
}

TaskKind taskKindFromText(std::string_view text) {
  for (const auto& [value, name] : kNames)
    if (name == text) return value;
  fail("no task kind \"{}\"", text);
}

bool hasClasses(TaskKind kind) {
  return kind == TaskKind::classification || kind == TaskKind::binary || kind == TaskKind::ordinal;
}

nlohmann::json toJson(const TaskInfo& info) {
  return {{"name", info.name},   {"kind", toText(info.kind)},
          {"width", info.width}, {"class_names", info.classNames},
          {"unit", info.unit},   {"fields", info.fields},
          {"scale", info.scale}, {"offset", info.offset}};
}

TaskInfo taskInfoFromJson(const nlohmann::json& value) {
  TaskInfo info;
  info.name = value.at("name");
  info.kind = taskKindFromText(value.at("kind").get<std::string>());
  info.width = value.at("width");
  info.classNames = value.at("class_names");
  info.unit = value.at("unit");
  info.fields = value.at("fields");
  info.scale = value.value("scale", 1.0);  // runs of older versions have none
  info.offset = value.value("offset", 0.0);
  return info;
}

}  // namespace eq
