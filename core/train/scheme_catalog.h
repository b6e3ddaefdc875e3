#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/catalog.h"
#include "core/base/task.h"
#include "core/train/experiment.h"

namespace eq::train {

class Scheme;

/// What a scheme is made for.
struct SchemeSetting {
  const Experiment& experiment;     ///< with its tasks; schemes keep what they need of it
  std::vector<TaskInfo> tasks;      ///< as the experiment orders them
  std::vector<std::int64_t> sizes;  ///< [K] training examples with a target
  std::int64_t validation = 1;      ///< examples to validate with
  std::string path = "scheme";      ///< for messages
};

/// The training schemes (slot `scheme`). To add one: a file pair core/train/scheme/<id>.h/.cpp
/// (template: sampled_tasks), one row in core/train/scheme/table.cpp, one row in
/// tests/core/train/tst_schemes.cpp, one line in CHANGELOG.md.
/// The trait "kind" is "W" for schemes that say who trains in a step, "H" for those that say how it
/// is made.
const Catalog<Scheme, const SchemeSetting&>& schemeCatalog();

/// "W" or "H". \throws Error for an unknown id.
std::string kindOfScheme(const std::string& id);

/// The slot as it stands in files: null, an object, or a list of objects.
/// \throws Error `scheme[1].id: ...`; two of a kind are refused by name.
std::vector<MethodSpec> schemesFromJson(const nlohmann::json& value);
/// Null for none, an object for one.
nlohmann::json schemesToJson(const std::vector<MethodSpec>& schemes);

/// How many rows the balancer sees of so many tasks.
std::int64_t balancedRows(const std::vector<MethodSpec>& schemes, std::int64_t tasks);

/// Makes what the experiment names. \throws Error when a scheme does not fit tasks, data, model or
/// optimizer.
std::vector<std::unique_ptr<Scheme>> makeSchemes(const SchemeSetting& setting);

/// Why the experiment cannot have these schemes; empty: it can.
std::string problemOfSchemes(SchemeSetting setting, const std::vector<MethodSpec>& schemes);

/// Two schemes in words: titles joined by "and"; "none".
std::string schemesInWords(const std::vector<MethodSpec>& schemes);

}  // namespace eq::train
