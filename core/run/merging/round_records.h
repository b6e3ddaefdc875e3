#pragma once

#include <nlohmann/json.hpp>

#include "core/run/run_records.h"

namespace eq::run {

/// Steps and evaluations of rounds as JSON: what a round has of them, no more. NaN stays a number.
nlohmann::json roundsAsJson(const Records& records);
/// The way back.
Records roundsFrom(const nlohmann::json& rounds);

}  // namespace eq::run
