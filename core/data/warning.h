#pragma once

#include <string>
#include <vector>

namespace eq::data {

/// A remark of a reader about the user's file that did not stop it.
struct Warning {
  std::string place;  ///< "wine.csv:17"
  std::string message;
};

/// More than three notes that differ in place, column or numbers only become the first of them with
/// the count of the others and their columns, up to twenty by name.
std::vector<Warning> alikeMerged(const std::vector<Warning>& warnings);

}  // namespace eq::data
