#pragma once

#include <cstdint>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/merging/merge_memory.h"
#include "core/run/merging/merge_progress.h"
#include "core/run/merging/merge_source.h"
#include "core/run/run_records.h"
#include "core/train/trainer.h"

namespace eq::run {

/// Rounds of training and merging before their last merge.
struct Alternated {
  MergeSource from;                  ///< what the last round began with
  std::vector<MergeSource> experts;  ///< what each task made of it
  Records records;                   ///< a step and an evaluation a round, of the last its step
  std::int64_t step = 0;             ///< of the last round
  std::int64_t examples = 0;         ///< seen by then
  double seconds = 0;                ///< of training by then
};

/// In each round every task of the base trains alone from the present parameters, then they are
/// merged. Optimizers are kept over rounds. Zhou et al., ATM, 2024.
/// \param params of `atm`. \param at the base's trainer; it stays as it is. \param memory null:
/// nothing is kept.
Alternated alternate(const nlohmann::json& params, std::uint64_t seed, const MergeSource& base,
                     const train::Trainer& at, const MergeProgress& progress,
                     MergeMemory* memory = nullptr);

}  // namespace eq::run
