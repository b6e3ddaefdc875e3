#include "core/base/task.h"

#include <array>
#include <utility>

#include "core/base/error.h"

namespace eq {
namespace {

constexpr std::array<std::pair<TaskKind, std::string_view>, 6> kNames{{
    {TaskKind::classification, "classification"},
    {TaskKind::binary, "binary"},
    {TaskKind::multilabel, "multilabel"},
    {TaskKind::ordinal, "ordinal"},
    {TaskKind::regression, "regression"},
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

}  // namespace eq
