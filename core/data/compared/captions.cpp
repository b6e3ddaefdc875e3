#include "core/data/compared/captions.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include <ATen/ops/empty.h>

#include "core/base/random.h"
#include "core/data/digit_problem.h"

namespace eq::data {
namespace {

constexpr std::int64_t kStrokes = 4;   ///< of 4x4 parts of the image the ink counts
constexpr double kStrokeWeight = 0.5;  ///< beside the digit's own vector
constexpr double kShortestVector = 1e-12;

std::vector<double> halfNormals(std::int64_t count, std::uint64_t seed) {
  RandomStream random(seed);
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(std::max(0.0, random.normal()));
  return values;
}

/// Share of the ink in each of the image's 4x4 parts.
std::vector<double> strokesOf(const DigitImages& images, std::int64_t i) {
  std::vector<double> strokes(kStrokes * kStrokes);
  const auto* pixels = images.image(i);
  double ink = 0;
  for (std::int64_t y = 0; y < images.edge; ++y)
    for (std::int64_t x = 0; x < images.edge; ++x) {
      const auto part = y * kStrokes / images.edge * kStrokes + x * kStrokes / images.edge;
      strokes[static_cast<size_t>(part)] += pixels[y * images.edge + x];
      ink += pixels[y * images.edge + x];
    }
  for (auto& stroke : strokes) stroke /= std::max(ink, 1.0);
  return strokes;
}

/// The parts of the encoder.
struct Encoder {
  std::int64_t width;
  std::vector<double> digits, strokes;  ///< [10, width], [16, width]

  Encoder(std::int64_t wide, std::uint64_t seed)
      : width(wide),
        digits(halfNormals(kDigitClasses * wide, deriveSeed(seed, "digits"))),
        strokes(halfNormals(kStrokes * kStrokes * wide, deriveSeed(seed, "strokes"))) {}

  std::vector<double> meaningOf(const DigitImages& images, std::int64_t i) const {
    const auto drawn = strokesOf(images, i);
    const auto first = static_cast<std::int64_t>(images.labels[static_cast<size_t>(i)]) * width;
    std::vector<double> meaning(digits.begin() + first, digits.begin() + first + width);
    const double factor = kStrokeWeight * static_cast<double>(kStrokes);
    for (size_t part = 0; part < drawn.size(); ++part)
      for (std::int64_t j = 0; j < width; ++j)
        meaning[static_cast<size_t>(j)] +=
            factor * drawn[part] *
            strokes[part * static_cast<size_t>(width) + static_cast<size_t>(j)];
    return meaning;
  }
};

}  // namespace

at::Tensor captions(const DigitImages& images, std::int64_t languages, std::int64_t width,
                    double noise, std::uint64_t seed, std::uint64_t part) {
  const Encoder encoder(width, seed);
  RandomStream random(deriveSeed(seed, "words", part));
  auto all = at::empty({images.size(), languages, width}, at::kFloat);
  float* entry = all.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < images.size(); ++i) {
    const auto meaning = encoder.meaningOf(images, i);
    for (std::int64_t k = 1; k <= languages; ++k) {
      const double deviation = noise * static_cast<double>(k) / static_cast<double>(languages);
      std::vector<double> words;
      double squared = 0;
      for (const double value : meaning) {
        words.push_back(std::max(0.0, value + deviation * random.normal()));
        squared += words.back() * words.back();
      }
      const double length = std::max(std::sqrt(squared), kShortestVector);
      for (const double value : words) *entry++ = static_cast<float>(value / length);
    }
  }
  return all;
}

}  // namespace eq::data
