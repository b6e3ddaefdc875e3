#pragma once

#include <cstdint>

#include "core/run/run_folder.h"

namespace eq::run {

class Database;

// The rows of a run's database, whose tables are described in run_folder.h. Within a transaction of
// the caller's.

/// Makes the tables that are not there: of a new run, or of one of an earlier version.
const char* runSchema();

void addRecords(Database& database, const Records& records);

/// Leaves what a run had when its update `step` was done and the next had not begun.
void cutAfter(Database& database, std::int64_t step);
/// The same, and of events and evaluations those up to a position; events that tell of checkpoints
/// up to `step` stay.
void cutAfter(Database& database, std::int64_t step, const Position& position);

}  // namespace eq::run
