#include "core/merge/catalog.h"

#include <algorithm>

#include "core/merge/tables.h"
#include "core/metric/pareto/json_points.h"

namespace eq::merge {
namespace {

using nlohmann::json;

/// The one parameter of merges that no type describes.
void checkExclude(const json& params, const std::string& place) {
  if (!params.is_object() || !params.contains("exclude")) return;
  const auto& value = params["exclude"];
  const bool isList = value.is_array() && std::all_of(value.begin(), value.end(),
                                                      [](const auto& e) { return e.is_string(); });
  if (!isList) fail("{}.exclude: expected a list of texts, found {}", place, metric::quoted(value));
}

/// λ "search" of a calculation.
void checkSearch(const json& params, const Descriptor& descriptor) {
  for (const auto& spec : descriptor.parameters) {
    if (spec.name != "lambda" && spec.name != "mask_lambda") continue;
    if (params.is_object() && params.contains(spec.name) && params[spec.name] == "search")
      fail("{}.{}: \"search\" needs runs to judge by; a calculation takes a number", descriptor.id,
           spec.name);
  }
}

/// Another method among the parameters: {"id": ..., "params": {...}}, of which nothing is asked of
/// data.
void checkInner(const json& given, const std::string& place) {
  for (const auto& [key, value] : given.items())
    if (key != "id" && key != "params")
      fail("{}.{}: unknown key; there are id and params", place, key);
  const auto id = given["id"].get<std::string>();
  const auto& traits = catalog().descriptor(id, place + ".id").traits;
  if (traits.value("data", "") != "none")
    fail("{}.id: {} learns from data; a method without is needed", place, id);
  const auto params = given.value("params", json::object());
  checkExclude(params, place + ".params");
  const auto method = catalog().create(id, params, place + ".params");
  if (!dynamic_cast<const TensorMerge*>(method.get()) || !traits.value("runs", true))
    fail("{}.id: {} merges no models; a method that does is needed", place, id);
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
  checkSearch(params, catalog().descriptor(id));
  checkExclude(params, id);
  auto method = catalog().create(id, params, id);
  if (params.is_object())
    for (const char* name : {"inner", "merge"})
      if (params.contains(name) && params[name].is_object())
        checkInner(params[name], fmt::format("{}.{}", id, name));
  return method;
}

}  // namespace eq::merge
