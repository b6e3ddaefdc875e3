#include "core/data/digit_images.h"

#include <algorithm>
#include <charconv>
#include <span>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/base/random.h"
#include "core/data/csv.h"
#include "core/data/idx.h"

namespace eq::data {
namespace {

constexpr std::int64_t kShippedEdge = 8;
constexpr int kShippedWhite = 16;
constexpr double kShippedTrain = 0.7;
constexpr double kShippedValidation = 0.15;
constexpr double kIdxValidation = 1.0 / 6.0;

std::uint8_t smallNumber(const CsvTable& table, size_t row, size_t column, int largest) {
  const auto text = table.cell(row, column);
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0 || value > largest)
    fail("{}: expected 0 to {}, found \"{}\"", table.place(row, column), largest, text);
  return static_cast<std::uint8_t>(value);
}

DigitImages readShipped() {
  const auto samples = samplesFolder();
  if (samples.empty()) fail("the samples' folder with data/digits.csv.gz is not there; install it");
  const CsvTable table = readCsv(samples / "data/digits.csv.gz", {',', false});
  const size_t pixels = kShippedEdge * kShippedEdge;
  if (table.columns() != pixels + 1)
    fail("{}: expected {} fields, found {}", table.place(0), pixels + 1, table.columns());
  DigitImages images{kShippedEdge, kShippedWhite, {}, {}};
  for (size_t row = 0; row < table.rows(); ++row) {
    for (size_t i = 0; i < pixels; ++i)
      images.pixels.push_back(smallNumber(table, row, i, kShippedWhite));
    images.labels.push_back(smallNumber(table, row, pixels, kDigitClasses - 1));
  }
  return images;
}

DigitImages chosen(const DigitImages& all, std::span<const std::int64_t> indices) {
  DigitImages part{all.edge, all.white, {}, {}};
  const auto pixels = static_cast<size_t>(all.edge * all.edge);
  part.pixels.reserve(indices.size() * pixels);
  for (const auto index : indices) {
    part.pixels.insert(part.pixels.end(), all.image(index), all.image(index) + pixels);
    part.labels.push_back(all.labels[static_cast<size_t>(index)]);
  }
  return part;
}

/// The file of that name, with - or . before "idx", plain or .gz.
std::filesystem::path idxFile(const std::filesystem::path& folder, const std::string& stem,
                              const std::string& ending) {
  for (const char* joint : {"-", "."})
    for (const char* packing : {"", ".gz"})
      if (const auto file = folder / (stem + joint + ending + packing);
          std::filesystem::is_regular_file(file))
        return file;
  fail("{}: there is no {}-{} or {}-{}.gz in this folder", folder.string(), stem, ending, stem,
       ending);
}

void checkLabels(const DigitImages& images, const std::filesystem::path& labelFile) {
  constexpr size_t kHeader = 8;  // bytes
  const auto wrong = std::find_if(images.labels.begin(), images.labels.end(),
                                  [](std::uint8_t label) { return label >= kDigitClasses; });
  if (wrong != images.labels.end())
    fail("{}: byte {}: expected a label of 0 to 9, found {}", labelFile.string(),
         kHeader + static_cast<size_t>(wrong - images.labels.begin()), *wrong);
}

DigitImages readIdxPair(const std::filesystem::path& folder, const std::string& part,
                        std::vector<Warning>& warnings) {
  const auto imageFile = idxFile(folder, part + "-images", "idx3-ubyte");
  const auto labelFile = idxFile(folder, part + "-labels", "idx1-ubyte");
  IdxArray images = readIdx(imageFile, warnings);
  IdxArray labels = readIdx(labelFile, warnings);
  if (images.shape.size() != 3 || images.shape[1] != images.shape[2] || images.values.empty())
    fail("{}: byte 4: expected square images, found {} values in {} dimensions", imageFile.string(),
         images.values.size(), images.shape.size());
  if (labels.shape.size() != 1 || labels.shape[0] != images.shape[0])
    fail("{}: byte 4: expected one label for each of the {} images of {}, found {}",
         labelFile.string(), images.shape[0], imageFile.filename().string(), labels.values.size());
  DigitImages out{images.shape[1], 255, std::move(images.values), std::move(labels.values)};
  checkLabels(out, labelFile);
  return out;
}

}  // namespace

DigitParts shippedDigits(std::uint64_t seed) {
  const DigitImages all = readShipped();
  const auto order = RandomStream(deriveSeed(seed, "originals")).permutation(all.size());
  const auto train = static_cast<size_t>(kShippedTrain * static_cast<double>(all.size()));
  const auto validation = static_cast<size_t>(kShippedValidation * static_cast<double>(all.size()));
  const std::span<const std::int64_t> indices(order);
  return {chosen(all, indices.first(train)),
          chosen(all, indices.subspan(train, validation)),
          chosen(all, indices.subspan(train + validation)),
          {}};
}

DigitParts idxDigits(const std::filesystem::path& folder, std::uint64_t seed) {
  std::vector<Warning> warnings;
  const DigitImages all = readIdxPair(folder, "train", warnings);
  DigitImages test = readIdxPair(folder, "t10k", warnings);
  if (all.size() < 2) fail("{}: expected at least 2 training images", folder.string());
  if (test.edge != all.edge)
    fail("{}: the training images are {} pixels wide, the test images {}", folder.string(),
         all.edge, test.edge);
  const auto order = RandomStream(deriveSeed(seed, "originals")).permutation(all.size());
  const auto validation =
      std::max<size_t>(1, static_cast<size_t>(kIdxValidation * static_cast<double>(all.size())));
  const std::span<const std::int64_t> indices(order);
  return {chosen(all, indices.subspan(validation)), chosen(all, indices.first(validation)),
          std::move(test), std::move(warnings)};
}

std::vector<std::string> digitNames() {
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < kDigitClasses; ++i) names.push_back(std::to_string(i));
  return names;
}

}  // namespace eq::data
