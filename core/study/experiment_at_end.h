#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "core/train/records.h"

namespace eq::study {

/// An experiment as it was in force when the run ended. That of another version stays as it began.
nlohmann::json experimentAtEnd(const nlohmann::json& begun,
                               const std::vector<train::EventRecord>& events);

/// As it began, but with the length that the run had in the end: another length is given when a run
/// goes on or is forked, and is no command.
nlohmann::json begunWithLastLength(nlohmann::json begun,
                                   const std::vector<train::EventRecord>& events);

}  // namespace eq::study
