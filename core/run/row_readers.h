#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/train/records.h"

namespace eq::run {

class Database;
class Statement;

// Rows of a run's tables as records, by the columns of `run_folder.h`. \throws Error when a row
// cannot have been written by a run: the file is damaged.

/// The number of a task, of which lists are made.
size_t taskAt(const Database& database, const Statement& row, int column);
/// The same where a row may be the model's: -1, as it is without a number.
std::int64_t ownerAt(const Database& database, const Statement& row, int column);

train::ConflictRecord conflictOf(const Database& database, const Statement& row);
/// \param tasks norms of the whole.
train::LayerConflict layerOf(const Database& database, const Statement& row, size_t tasks);
train::AffinityRecord affinityOf(const Database& database, const Statement& row);
train::ObservationRecord observationOf(const Database& database, const Statement& row);
/// Adds a row of the table `preferences` to those of its step. \pre rows come in order.
void addPreference(const Database& database, const Statement& row,
                   std::vector<train::PreferenceRecord>& preferences);
/// The same of the table `fronts`.
void addFrontRow(const Database& database, const Statement& row,
                 std::vector<train::FrontPoint>& front);
metric::ClassReport reportOf(const Database& database, const Statement& row);

}  // namespace eq::run
