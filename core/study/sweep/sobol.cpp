#include "core/study/sweep/sobol.h"

#include <array>
#include <bit>

#include "core/base/error.h"

namespace eq::study {
namespace {

constexpr int kBits = 32;

/// Of a dimension: a primitive polynomial of this degree with these inner coefficients, and the
/// first direction numbers, of which the degree says how many there are.
struct Direction {
  int degree;
  std::uint32_t coefficients;
  std::array<std::uint32_t, 9> first;
};

// The first rows of new-joe-kuo-6.21201: S. Joe and F. Y. Kuo, Constructing Sobol sequences with
// better two-dimensional projections, SIAM J. Sci. Comput. 30, 2635-2654 (2008). The first
// dimension has none.
constexpr Direction kDirections[] = {
    {1, 0, {1}},
    {2, 1, {1, 3}},
    {3, 1, {1, 3, 1}},
    {3, 2, {1, 1, 1}},
    {4, 1, {1, 1, 3, 3}},
    {4, 4, {1, 3, 5, 13}},
    {5, 2, {1, 1, 5, 5, 17}},
    {5, 4, {1, 1, 5, 5, 5}},
    {5, 7, {1, 1, 7, 11, 19}},
    {5, 11, {1, 1, 5, 1, 1}},
    {5, 13, {1, 1, 1, 3, 11}},
    {5, 14, {1, 3, 5, 5, 31}},
    {6, 1, {1, 3, 3, 9, 7, 49}},
    {6, 13, {1, 1, 1, 15, 21, 21}},
    {6, 16, {1, 3, 1, 13, 27, 49}},
    {6, 19, {1, 1, 1, 15, 7, 5}},
    {6, 22, {1, 3, 1, 15, 13, 25}},
    {6, 25, {1, 1, 5, 5, 19, 61}},
    {7, 1, {1, 3, 7, 11, 23, 15, 103}},
    {7, 4, {1, 3, 7, 13, 13, 15, 69}},
    {7, 7, {1, 1, 3, 13, 7, 35, 63}},
    {7, 8, {1, 3, 5, 9, 1, 25, 53}},
    {7, 14, {1, 3, 1, 13, 9, 35, 107}},
    {7, 19, {1, 3, 1, 5, 27, 61, 31}},
    {7, 21, {1, 1, 5, 11, 19, 41, 61}},
    {7, 28, {1, 3, 5, 3, 3, 13, 69}},
    {7, 31, {1, 1, 7, 13, 1, 19, 1}},
    {7, 32, {1, 3, 7, 5, 13, 19, 59}},
    {7, 37, {1, 1, 3, 9, 25, 29, 41}},
    {7, 41, {1, 3, 5, 13, 23, 1, 55}},
    {7, 42, {1, 3, 7, 3, 13, 59, 17}},
    {7, 50, {1, 3, 1, 3, 5, 53, 69}},
    {7, 55, {1, 1, 5, 5, 23, 33, 13}},
    {7, 56, {1, 1, 7, 7, 1, 61, 123}},
    {7, 59, {1, 1, 7, 9, 13, 61, 49}},
    {7, 62, {1, 3, 3, 5, 3, 55, 33}},
    {8, 14, {1, 3, 1, 15, 31, 13, 49, 245}},
    {8, 21, {1, 3, 5, 15, 31, 59, 63, 97}},
    {8, 22, {1, 3, 1, 11, 11, 11, 77, 249}},
    {8, 38, {1, 3, 1, 11, 27, 43, 71, 9}},
    {8, 47, {1, 1, 7, 15, 21, 11, 81, 45}},
    {8, 49, {1, 3, 7, 3, 25, 31, 65, 79}},
    {8, 50, {1, 3, 1, 1, 19, 11, 3, 205}},
    {8, 52, {1, 1, 5, 9, 19, 21, 29, 157}},
    {8, 56, {1, 3, 7, 11, 1, 33, 89, 185}},
    {8, 67, {1, 3, 3, 3, 15, 9, 79, 71}},
    {8, 70, {1, 3, 7, 11, 15, 39, 119, 27}},
    {8, 84, {1, 1, 3, 1, 11, 31, 97, 225}},
    {8, 97, {1, 1, 1, 3, 23, 43, 57, 177}},
    {8, 103, {1, 3, 7, 7, 17, 17, 37, 71}},
    {8, 115, {1, 3, 1, 5, 27, 63, 123, 213}},
    {8, 122, {1, 1, 3, 5, 11, 43, 53, 133}},
    {9, 8, {1, 3, 5, 5, 29, 17, 47, 173, 479}},
    {9, 13, {1, 3, 3, 11, 3, 1, 109, 9, 69}},
    {9, 16, {1, 1, 1, 5, 17, 39, 23, 5, 343}},
    {9, 22, {1, 3, 1, 5, 25, 15, 31, 103, 499}},
    {9, 25, {1, 1, 1, 11, 11, 17, 63, 105, 183}},
    {9, 44, {1, 1, 5, 11, 9, 29, 97, 231, 363}},
    {9, 47, {1, 1, 5, 15, 19, 45, 41, 7, 383}},
    {9, 52, {1, 3, 7, 7, 31, 19, 83, 137, 221}},
    {9, 55, {1, 1, 1, 3, 23, 15, 111, 223, 83}},
    {9, 59, {1, 1, 5, 13, 31, 15, 55, 25, 161}},
    {9, 62, {1, 1, 3, 13, 25, 47, 39, 87, 257}},
};

using Numbers = std::array<std::uint32_t, kBits>;

Numbers firstNumbers() {
  Numbers numbers{};
  for (int i = 0; i < kBits; ++i) numbers[size_t(i)] = 1U << (kBits - 1 - i);
  return numbers;
}

Numbers numbersOf(const Direction& direction) {
  Numbers numbers{};
  const int degree = direction.degree;
  for (int i = 0; i < kBits; ++i) {
    auto& number = numbers[size_t(i)];
    if (i < degree) {
      number = direction.first[size_t(i)] << (kBits - 1 - i);
      continue;
    }
    const auto before = numbers[size_t(i - degree)];
    number = before ^ (before >> degree);
    for (int k = 1; k < degree; ++k)
      if ((direction.coefficients >> (degree - 1 - k)) & 1U) number ^= numbers[size_t(i - k)];
  }
  return numbers;
}

}  // namespace

std::int64_t mostSobolDimensions() {
  return std::ssize(kDirections) + 1;
}

std::vector<std::vector<double>> sobolPoints(std::int64_t count, std::int64_t dimensions) {
  if (dimensions > mostSobolDimensions())
    fail("sweep.fields: sobol knows {} dimensions, found {}; use \"random\"", mostSobolDimensions(),
         dimensions);
  const auto width = static_cast<size_t>(dimensions);
  std::vector<std::vector<double>> points(static_cast<size_t>(count), std::vector<double>(width));
  for (size_t d = 0; d < width; ++d) {
    const auto numbers = d == 0 ? firstNumbers() : numbersOf(kDirections[d - 1]);
    std::uint32_t state = 0;
    for (size_t i = 0; i < points.size(); ++i) {
      state ^= numbers[size_t(std::countr_one(i))];
      points[i][d] = static_cast<double>(state) / 4294967296.0;
    }
  }
  return points;
}

}  // namespace eq::study
