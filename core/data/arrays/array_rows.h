#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/data/arrays/array_keys.h"
#include "core/data/arrays/example_array.h"

namespace eq::data {

/// \param used all arrays that are read. \throws Error that names two of them when they differ in
/// their rows, or in those of a part.
void requireSameRows(const std::vector<const ExampleArray*>& used);

/// The rows of each part, by data.split. \throws Error for an array that does not do.
Parts divideArrays(const ArraySet& arrays, const ArrayKeys& keys, const ExampleArray& first,
                   std::uint64_t seed, std::vector<Warning>& warnings);

/// Where the rows of the arrays go: those of validation first, then the test, then training.
class RowPlaces {
 public:
  explicit RowPlaces(const Parts& parts);

  std::int64_t size() const { return std::ssize(places_); }
  std::int64_t of(std::int64_t row) const { return places_[static_cast<size_t>(row)]; }
  bool trains(std::int64_t row) const { return of(row) >= firstTraining_; }

 private:
  std::vector<std::int64_t> places_;
  std::int64_t firstTraining_;
};

/// A hash a row of all that was read of it, whatever the order in which it was.
class RowHashes {
 public:
  explicit RowHashes(std::int64_t rows) : hashes_(static_cast<size_t>(rows)) {}

  /// The arrays that follow are others.
  void nextArray() { ++array_; }
  void add(std::int64_t row, std::int64_t entry, double number);
  /// Of these rows in their order; 64 hexadecimal digits.
  std::string of(Parts::Rows rows) const;

 private:
  std::vector<std::uint64_t> hashes_;
  std::uint64_t array_ = 0;
};

}  // namespace eq::data
