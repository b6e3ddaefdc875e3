#include "core/data/two_digits.h"

#include <algorithm>
#include <cmath>

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/base/random.h"
#include "core/data/digit_problem.h"
#include "core/data/fingerprint.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

// 8x8 originals on 12x12, drawn twice as large; 28x28 originals on 36x36, drawn at 28x28.
constexpr std::int64_t kSmallEdge = 8, kSmallCanvas = 12, kSmallSize = 24;
constexpr std::int64_t kLargeCanvas = 36, kLargeSize = 28;
constexpr std::int64_t kMostValues = std::int64_t{1} << 30;

struct Layout {
  std::int64_t canvas = 0;
  std::int64_t size = 0;             ///< edge of the finished image
  std::vector<std::int64_t> source;  ///< [size] the canvas row (column) that each shows
};

std::int64_t integerOr(const Parameters& parameters, const std::string& name,
                       std::int64_t fallback) {
  return parameters.isNull(name) ? fallback : parameters.integer(name);
}

Layout layoutFor(const Parameters& parameters, std::int64_t edge) {
  const bool small = edge <= kSmallEdge;
  Layout layout;
  layout.canvas =
      integerOr(parameters, "canvas", small ? kSmallCanvas : std::max(kLargeCanvas, edge));
  layout.size = integerOr(parameters, "size", small ? kSmallSize : kLargeSize);
  if (layout.canvas < edge)
    fail("data.canvas: {} is smaller than the images, which are {} pixels wide", layout.canvas,
         edge);
  for (std::int64_t i = 0; i < layout.size; ++i)
    layout.source.push_back((2 * i + 1) * layout.canvas / (2 * layout.size));
  return layout;
}

/// Writes the pixels of one finished image.
template <typename T, typename Make>
void draw(const std::vector<std::uint8_t>& canvas, const Layout& layout, T* out, Make make) {
  for (const auto row : layout.source)
    for (const auto column : layout.source)
      *out++ = make(canvas[static_cast<size_t>(row * layout.canvas + column)]);
}

Split makePairs(const DigitImages& originals, const Layout& layout, std::int64_t pairs,
                std::uint64_t seed, bool pixels) {
  RandomStream random(seed);
  const auto area = layout.size * layout.size;
  Split split;
  split.inputs = at::empty({pairs, 1, layout.size, layout.size}, at::kFloat);
  split.targets = {at::empty({pairs}, at::kLong), at::empty({pairs}, at::kLong)};
  if (pixels) split.targets.push_back(at::empty({pairs, area}, at::kLong));
  split.masks.resize(split.targets.size());
  float* image = split.inputs.mutable_data_ptr<float>();
  std::int64_t* labels[] = {split.targets[0].mutable_data_ptr<std::int64_t>(),
                            split.targets[1].mutable_data_ptr<std::int64_t>()};
  std::int64_t* map = pixels ? split.targets[2].mutable_data_ptr<std::int64_t>() : nullptr;
  std::vector<std::uint8_t> canvas(static_cast<size_t>(layout.canvas * layout.canvas));
  const auto count = static_cast<std::uint64_t>(originals.size());
  const float perGrey = 1.0F / static_cast<float>(originals.white);
  for (std::int64_t i = 0; i < pairs; ++i, image += area) {
    const auto left = random.below(count), right = random.below(count);
    const auto* first = originals.image(static_cast<std::int64_t>(left));
    const auto* second = originals.image(static_cast<std::int64_t>(right));
    composePair(first, second, originals.edge, layout.canvas, canvas);
    draw(canvas, layout, image, [&](auto grey) { return perGrey * static_cast<float>(grey); });
    labels[0][i] = originals.labels[left];
    labels[1][i] = originals.labels[right];
    if (!pixels) continue;
    composeMap(first, second, originals.edge, layout.canvas, originals.white, canvas);
    draw(canvas, layout, map + i * area, [](auto owner) { return std::int64_t{owner}; });
  }
  return split;
}

/// Mean 0 and standard deviation 1 over all pixels of the training part.
void standardise(Problem& problem) {
  const double mean = problem.train.inputs.mean(at::kDouble).item<double>();
  const double square = problem.train.inputs.square().mean(at::kDouble).item<double>();
  const double deviation = std::sqrt(std::max(square - mean * mean, 1e-12));
  for (Split* split : {&problem.train, &problem.validation, &problem.test}) {
    split->source = hashOf(*split);
    split->inputs.sub_(mean).div_(deviation);
  }
  problem.inputs = {{"pixel", mean, deviation}};
}

class TwoDigits : public Dataset {
 public:
  TwoDigits(const Parameters& parameters, const Setting& setting)
      : parameters_(parameters), setting_(setting) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    const Layout layout = layoutFor(parameters_, parts.train.edge);
    checkTotal(layout);
    Problem problem;
    problem.warnings = parts.warnings;
    problem.augmentation = augmentationOf(parameters_, true);
    problem.inputShape = {1, layout.size, layout.size};
    problem.inputs = {{"pixel"}};
    for (const char* name : {"left", "right"})
      problem.tasks.push_back(
          {name, TaskKind::classification, kDigitClasses, digitNames(), "", {}});
    const bool pixels = parameters_.boolean("pixels");
    if (pixels)
      problem.tasks.push_back({"pixels",
                               TaskKind::segmentation,
                               3,
                               {"background", "left", "right"},
                               "",
                               {layout.size, layout.size}});
    const auto pairs = [&](const DigitImages& images, const std::string& part) {
      return makePairs(images, layout, parameters_.integer(part + "_pairs"),
                       deriveSeed(seed, part + " pairs"), pixels);
    };
    problem.train = pairs(parts.train, "train");
    problem.validation = pairs(parts.validation, "validation");
    problem.test = pairs(parts.test, "test");
    if (parameters_.text("scaling") == "standard") standardise(problem);
    return problem;
  }

 private:
  void checkTotal(const Layout& layout) const {
    const auto pairs = parameters_.integer("train_pairs") +
                       parameters_.integer("validation_pairs") + parameters_.integer("test_pairs");
    // A pixel's class takes as much as two grey values.
    const std::int64_t perPixel = parameters_.boolean("pixels") ? 3 : 1;
    if (pairs * layout.size * layout.size * perPixel > kMostValues)
      fail("data.train_pairs: {} pairs of {}x{} pixels take more than 4 GiB; ask for fewer", pairs,
           layout.size, layout.size);
  }

  Parameters parameters_;
  Setting setting_;
};

}  // namespace

void composePair(const std::uint8_t* left, const std::uint8_t* right, std::int64_t edge,
                 std::int64_t canvas, std::vector<std::uint8_t>& out) {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const std::int64_t offset = canvas - edge;
  for (std::int64_t y = 0; y < edge; ++y)
    std::copy_n(left + y * edge, edge, out.begin() + y * canvas);
  for (std::int64_t y = 0; y < edge; ++y) {
    std::uint8_t* row = out.data() + (y + offset) * canvas + offset;
    for (std::int64_t x = 0; x < edge; ++x) row[x] = std::max(row[x], right[y * edge + x]);
  }
}

void composeMap(const std::uint8_t* left, const std::uint8_t* right, std::int64_t edge,
                std::int64_t canvas, int white, std::vector<std::uint8_t>& out) {
  std::fill(out.begin(), out.end(), std::uint8_t{0});
  const std::int64_t offset = canvas - edge;
  const auto inkOf = [&](const std::uint8_t* image, std::int64_t y, std::int64_t x) {
    const bool inside = y >= 0 && y < edge && x >= 0 && x < edge;
    return inside ? image[y * edge + x] : 0;
  };
  for (std::int64_t y = 0; y < canvas; ++y)
    for (std::int64_t x = 0; x < canvas; ++x) {
      const int ofLeft = inkOf(left, y, x), ofRight = inkOf(right, y - offset, x - offset);
      if (2 * std::max(ofLeft, ofRight) >= white)
        out[static_cast<size_t>(y * canvas + x)] = ofRight > ofLeft ? 2 : 1;
    }
}

CatalogRow<Dataset, const Setting&> twoDigitsRow() {
  Descriptor descriptor;
  descriptor.id = "two_digits";
  descriptor.title = "Two digits at once";
  descriptor.summary =
      "Two handwritten digits overlap in one image; one task reads the left one, one the right.";
  descriptor.formula = "x = max(left in the upper left corner, right in the lower right corner)";
  descriptor.citation =
      "MultiMNIST: S. Sabour, N. Frosst, G. Hinton, 2017; O. Sener, V. Koltun, 2018. Images: UCI "
      "Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters = {
      digitFolder(),
      ParameterSpec::integer("canvas", 0,
                             "Edge of the canvas on which two images are laid; smaller = more "
                             "overlap; null = 12 for 8x8 images, 36 for 28x28")
          .from(8)
          .to(128)
          .in("pixels")
          .orNull(),
      ParameterSpec::integer("size", 0,
                             "Edge of the finished image, to which the canvas is scaled (nearest "
                             "pixel); null = 24 for 8x8 images, 28 for 28x28")
          .from(8)
          .to(128)
          .in("pixels")
          .orNull(),
      ParameterSpec::integer("train_pairs", 20000, "Training examples").from(1).to(1e6),
      ParameterSpec::integer("validation_pairs", 4000, "Validation examples").from(1).to(1e6),
      ParameterSpec::integer("test_pairs", 4000, "Test examples").from(1).to(1e6),
      ParameterSpec::boolean("pixels", false,
                             "A third task, pixels: which digit each pixel belongs to, or the "
                             "background"),
      ParameterSpec::choice("scaling", "unit", {"unit", "standard"},
                            "Grey values from 0 to 1, or with mean 0 and standard deviation 1 over "
                            "the training part"),
  };
  for (auto& spec : descriptor.parameters)
    if (spec.nullable) spec.defaultValue = nullptr;
  descriptor.parameters = withViews(std::move(descriptor.parameters), {0.1, 0, 2}, true);
  descriptor.taskKinds = {TaskKind::classification, TaskKind::segmentation};
  descriptor.traits = {{"tasks_from", {"pixels"}}};
  return {descriptor, [](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<TwoDigits>(parameters, setting);
          }};
}

}  // namespace eq::data
