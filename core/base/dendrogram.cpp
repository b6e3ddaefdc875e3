#include "core/base/dendrogram.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace eq {
namespace {

/// A cluster that has not become part of another: its number and how many it holds. Its distances
/// stand in the row of one of its members.
struct OpenCluster {
  std::size_t number = 0;
  std::size_t size = 1;
  std::size_t row = 0;
};

/// The two nearest, by their places in `open`, which is in the order of the numbers.
std::pair<std::size_t, std::size_t> nearestTwo(const std::vector<OpenCluster>& open,
                                               const std::vector<double>& distances,
                                               std::size_t count) {
  std::pair<std::size_t, std::size_t> best{0, 1};
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < open.size(); ++i)
    for (std::size_t j = i + 1; j < open.size(); ++j) {
      const double distance = distances[open[i].row * count + open[j].row];
      if (distance < least) least = distance, best = {i, j};
    }
  return best;
}

}  // namespace

std::vector<Merge> dendrogram(std::vector<double> distances, std::size_t count) {
  std::vector<OpenCluster> open;
  for (std::size_t i = 0; i < count; ++i) open.push_back({i, 1, i});
  std::vector<Merge> merges;
  while (open.size() > 1) {
    const auto [i, j] = nearestTwo(open, distances, count);
    const OpenCluster a = open[i], b = open[j];
    const double height = distances[a.row * count + b.row];
    const std::size_t size = a.size + b.size;
    merges.push_back({a.number, b.number, height, size});
    for (const OpenCluster& other : open) {
      const double mean = (static_cast<double>(a.size) * distances[a.row * count + other.row] +
                           static_cast<double>(b.size) * distances[b.row * count + other.row]) /
                          static_cast<double>(size);
      distances[a.row * count + other.row] = distances[other.row * count + a.row] = mean;
    }
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(j));
    open.erase(open.begin() + static_cast<std::ptrdiff_t>(i));
    open.push_back({count + merges.size() - 1, size, a.row});
  }
  return merges;
}

std::vector<std::size_t> leafOrder(const std::vector<Merge>& merges, std::size_t count) {
  std::vector<std::vector<std::size_t>> members;
  for (std::size_t i = 0; i < count; ++i) members.push_back({i});
  for (const Merge& merge : merges) {
    auto first = std::move(members[merge.a]), second = std::move(members[merge.b]);
    if (*std::min_element(second.begin(), second.end()) <
        *std::min_element(first.begin(), first.end()))
      std::swap(first, second);
    first.insert(first.end(), second.begin(), second.end());
    members.push_back(std::move(first));
  }
  return members.back();
}

}  // namespace eq
