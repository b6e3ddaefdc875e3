#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/metric/points.h"

namespace eq::metric {

// Where giving up a little of one objective gains the least in the others: three measures of the
// points of a front, each objective from 0 (its ideal) to 1 (its nadir) and minimised; NaN where a
// measure is undefined.

/// Signed distance below the plane through the ends: (1 − Σ f)/√m.
std::vector<double> kneeDistances(const Points& front);

/// Least loss for a gain when moving to another point of the neighbourhood: min over j of
/// Σ[f_j − f_i]₊ / Σ[f_i − f_j]₊ (Rachmawati and Srinivasan, 2009).
std::vector<double> tradeOffs(const Points& front, double neighbourhood);

/// Of two objectives: how many degrees the front turns towards the ideal between the neighbours
/// `span` distinct points away on either side. \param front as it was given, where equal points
/// and their order are read.
std::vector<double> bends(const Points& front, const Points& between, std::int64_t span);

/// The first of those within 1e-12 of the largest; nothing without a defined one.
std::optional<size_t> firstLargest(const std::vector<double>& values);

}  // namespace eq::metric
