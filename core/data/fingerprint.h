#pragma once

#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace eq::data {

struct Problem;
struct Split;

/// Of a split's inputs, targets and masks.
std::string hashOf(const Split& split);

/// Tells whether data are those of before: {"train": 126, "validation": 27, "test": 27, "sha256":
/// of the training split's inputs, targets and masks, "splits": {"train": {"sha256": with its
/// fields, "source": Split::source}, ...}}. 30 ms for 46 MB. \param taught tasks whose field
/// "teacher" is left out: the logits of another model are computed anew, and "teachers": {task:
/// hash} tells of which.
nlohmann::json fingerprint(const Problem& problem, const std::set<std::string>& taught = {});

/// The splits that differ between two fingerprints: "training", "validation", "test". Of one that
/// an earlier version made only the training split is known. Where all are scaled by the training
/// split, the sources tell which rows changed.
std::vector<std::string> changedSplits(const nlohmann::json& before, const nlohmann::json& now);

}  // namespace eq::data
