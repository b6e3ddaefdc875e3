#include "core/merge/catalog.h"

#include "core/merge/tables.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// Another method among the parameters: {"id": ..., "params": {...}}, of which nothing is asked of
/// data.
void checkInner(const json& given, const std::string& place) {
  for (const auto& [key, value] : given.items())
    if (key != "id" && key != "params")
      fail("{}.{}: unknown key; there are id and params", place, key);
  const auto id = given["id"].get<std::string>();
  const auto& row = catalog().row(id, place + ".id");
  if (row.descriptor.traits.value("data", "") != "none")
    fail("{}.id: {} learns from data; a method without is needed", place, id);
  row.create(Parameters(row.descriptor.parameters, given.value("params", json::object()),
                        place + ".params"));
}

}  // namespace

const Catalog<MergeMethod>& catalog() {
  static const Catalog<MergeMethod> table(
      "merge method",
      joined<MergeMethod>({averageRows(), tiesRows(), fisherRows(), regmeanRows(), pcbRows(),
                           taskMaskRows(), spectraRows(), atlasRows(), adamergingRows(),
                           surgeryRows(), tintingRows(), selfPositioningRows(), forkMergeRows(),
                           adapterRoutingRows(), logitsFusionRows(), scalearnRows()}));
  return table;
}

std::unique_ptr<MergeMethod> createMerge(const std::string& id, const json& params) {
  catalog().row(id);
  if (params.is_object())
    for (const char* name : {"lambda", "mask_lambda"})
      if (params.contains(name) && params[name] == "search")
        fail("{}.{}: \"search\" needs runs to judge by; a calculation takes a number", id, name);
  auto method = catalog().create(id, params, id);
  if (params.is_object())
    for (const char* name : {"inner", "merge"})
      if (params.contains(name) && params[name].is_object())
        checkInner(params[name], fmt::format("{}.{}", id, name));
  return method;
}

}  // namespace eq::merge
