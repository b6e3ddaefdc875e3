#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/descriptor.h"

namespace eq::loss {

class Loss;

/// {"id": ..., "params": {...}} as it stands in a parameter.
struct NestedLoss {
  std::string id;
  nlohmann::json params = nlohmann::json::object();
  std::unique_ptr<Loss> make(const std::string& path) const;
};
/// \param extra names of further keys that the object may have. \throws Error with the place.
NestedLoss nestedLoss(const nlohmann::json& value, const std::string& path,
                      const std::vector<std::string>& extra = {});

// What a loss is together with its parameters, where these name other losses (`base`, `terms`).
// \throws Error from each when a nested loss is unknown.

/// Every input that is read: the loss's own and those of the losses in it, each once.
std::vector<InputField> inputsOf(const std::string& id, const nlohmann::json& params);

/// Whether a task of this kind has such a target.
bool acceptsKind(const std::string& id, const nlohmann::json& params, TaskKind kind);

/// Whether it, or a loss in it, is a program in a file (the trait "files").
bool holdsFiles(const std::string& id, const nlohmann::json& params);

/// Whether it compares the examples of a batch with each other, so that of a single one it says
/// nothing; also when a loss in it does.
bool comparesExamples(const std::string& id, const nlohmann::json& params);

/// Why no wrapper can go around it; empty when one can.
std::string whyNotWrapped(const std::string& id, const nlohmann::json& params);

/// Why a run cannot train with it: it reads what neither the data bring nor a head learns, or a
/// prediction that heads do not make; empty when it can.
/// \param brought the further fields that the data have for the task, TaskInfo::fields.
std::string whyNotInRuns(const std::string& id, const nlohmann::json& params,
                         const std::vector<std::string>& brought = {});

/// Whether the values of two batches add up to the value of both together (`reduction` "sum"), else
/// they average. One answer; one a term where the terms of a sum differ in it.
std::vector<char> addsUp(const std::string& id, const nlohmann::json& params);

/// How data say that a target is missing.
enum class Missing {
  masked,  ///< by a mask
  ignored  ///< by the index -100 in place of a class or rank
};
/// Whether samples without a target do not count for it. A loss that reads no target has none that
/// is missing.
bool leavesOut(Missing missing, const std::string& id, const nlohmann::json& params);

}  // namespace eq::loss
