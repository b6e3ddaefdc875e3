#pragma once

#include <cstddef>
#include <vector>

namespace eq {

/// Two clusters become one. Clusters below the count of things are these; merge i makes count + i.
struct Merge {
  std::size_t a = 0, b = 0;  ///< a < b
  double height = 0;         ///< mean distance of their members
  std::size_t size = 0;      ///< members of both
};

/// Agglomeration by average linkage: the two clusters whose members lie nearest on the mean become
/// one, of equals those with the lowest numbers, until one is left. Heights ascend.
/// \param distances [count * count], symmetric, none NaN; the diagonal is not read.
std::vector<Merge> dendrogram(std::vector<double> distances, std::size_t count);

/// The things in the order in which they stand under their dendrogram; of two clusters that of the
/// lower first member stands first. \param merges of `count` things, count >= 1.
std::vector<std::size_t> leafOrder(const std::vector<Merge>& merges, std::size_t count);

}  // namespace eq
