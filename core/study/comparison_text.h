#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "core/study/comparison.h"

namespace eq::study {

/// {"groups": [...], "tests": [...]}; null where a number is missing or not finite.
nlohmann::json toJson(const Comparison& comparison);

/// "tasks[0].loss.id = focal, seed = 1"; "all runs" without a field.
std::string fieldsInWords(const Group& group);

/// What a group is called in tables by its place: A, B, ... Z, AA, AB, ...
std::string groupLetter(std::size_t group);

/// "1 2 3".
std::string seedsInWords(const Group& group);

/// Tables for people: the groups by letters, each metric with its interval, and the tests.
std::string comparisonTable(const Comparison& comparison, const ValueChoice& choice);

}  // namespace eq::study
