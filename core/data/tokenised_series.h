#pragma once

#include <cstdint>
#include <vector>

#include "core/data/catalog.h"

namespace eq::data {

/// Bins of one width that divide an axis; what lies beyond belongs to the outermost ones.
struct SeriesBins {
  double lowest = 0;   ///< lower end of the first
  double highest = 0;  ///< upper end of the last
  std::int64_t count = 0;

  double width() const { return (highest - lowest) / static_cast<double>(count); }
  double centre(std::int64_t bin) const {
    return lowest + (static_cast<double>(bin) + 0.5) * width();
  }
  /// The bin that holds the value; of a border the one above it.
  std::int64_t binOf(double value) const;
};

/// Hourly temperatures in °C as from a weather station: a day, a slower wave of ten days, weather
/// that comes and goes, and now and then a front that makes it some degrees colder at once.
/// \param noise standard deviation of what the weather changes in an hour, °C.
std::vector<double> temperatures(std::int64_t hours, double noise, std::uint64_t seed);

/// A series as tokens: from a window of its values, which bin holds the value some hours later.
CatalogRow<Dataset, const Setting&> tokenisedSeriesRow();

}  // namespace eq::data
