#include "core/data/arrays/example_array.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/base/nearest.h"
#include "core/data/element_count.h"

namespace eq::data {
namespace {

constexpr std::string_view kJoints = "_-./";

std::optional<Part> partOfWord(const std::string& word) {
  return word == "t10k" ? Part::test : partNamed(word);  // as MNIST calls its test
}

struct NameOfPart {
  std::optional<Part> part;
  std::string rest;
};

/// x_train: training, "x"; test-images: test, "images"; val/depth: validation, "depth".
NameOfPart withoutPart(const std::string& name) {
  const auto first = name.find_first_of(kJoints), last = name.find_last_of(kJoints);
  if (first == name.npos) return {{}, name};
  if (const auto part = partOfWord(name.substr(0, first))) return {part, name.substr(first + 1)};
  if (const auto part = partOfWord(name.substr(last + 1))) return {part, name.substr(0, last)};
  return {{}, name};
}

const char* wordOf(Part part) {
  return part == Part::training ? "training" : part == Part::validation ? "validation" : "test";
}

void requireAlike(const ExampleArray& array) {
  const auto& first = array.pieces[0].array;
  for (const auto& [part, piece] : array.pieces) {
    if (piece.problem.empty() != first.problem.empty() || piece.shape.empty() ||
        first.shape.empty() ||
        !std::equal(piece.shape.begin() + 1, piece.shape.end(), first.shape.begin() + 1,
                    first.shape.end()))
      fail("{}: expected examples like those of {}, {}, found {}", piece.stretch.name, first.name,
           first.text(), piece.text());
  }
}

}  // namespace

std::int64_t ExampleArray::rows() const {
  std::int64_t rows = 0;
  for (const auto& piece : pieces) rows += piece.array.shape.at(0);
  return rows;
}

std::vector<std::int64_t> ExampleArray::shape() const {
  const auto& shape = pieces[0].array.shape;
  return {shape.begin() + 1, shape.end()};
}

std::int64_t ExampleArray::width() const {
  return static_cast<std::int64_t>(elementCount(shape()));
}

bool ExampleArray::exactIn32Bits() const {
  return std::all_of(pieces.begin(), pieces.end(),
                     [](const auto& piece) { return piece.array.type.exactIn32Bits(); });
}

std::string ExampleArray::text() const {
  std::vector<std::string> texts;
  for (const auto& piece : pieces) texts.push_back(piece.array.text());
  return fmt::format("\"{}\" ({})", name, fmt::join(texts, ", "));
}

std::string ExampleArray::place(std::int64_t row, std::int64_t entry) const {
  size_t piece = 0;
  while (row >= pieces[piece].array.shape[0]) row -= pieces[piece++].array.shape[0];
  auto sizes = shape();
  std::vector<std::int64_t> index;
  for (size_t i = sizes.size(); i-- > 0; entry /= sizes[i]) index.push_back(entry % sizes[i]);
  index.push_back(row);
  std::reverse(index.begin(), index.end());
  return fmt::format("{}: element [{}]", pieces[piece].array.stretch.name, fmt::join(index, ", "));
}

std::vector<double> numbersOf(const ExampleArray& array) {
  std::vector<double> numbers(static_cast<size_t>(array.rows()));
  forEachNumber(array, [&](std::int64_t row, std::int64_t, double number) {
    numbers[static_cast<size_t>(row)] = number;
  });
  return numbers;
}

ArraySet::ArraySet(ArrayFiles files, std::string place, bool byParts) : place_(std::move(place)) {
  for (auto& array : files.arrays) {
    const auto [part, name] = byParts ? withoutPart(array.name) : NameOfPart{{}, array.name};
    auto found = std::find_if(arrays_.begin(), arrays_.end(),
                              [&, wanted = name](const auto& one) { return one.name == wanted; });
    if (found == arrays_.end()) found = arrays_.insert(found, ExampleArray{name, {}});
    for (const auto& piece : found->pieces)
      if (piece.part == part || !part || !piece.part)
        fail("{}: {} and {} are both \"{}\" of the {} part; rename one", place_, piece.array.name,
             array.name, name, part ? wordOf(*part) : "same");
    found->pieces.push_back({part, std::move(array)});
  }
  for (auto& array : arrays_) {
    std::sort(array.pieces.begin(), array.pieces.end(),
              [](const auto& a, const auto& b) { return a.part < b.part; });
    if (array.pieces.size() > 1) requireAlike(array);
  }
}

const ExampleArray& ArraySet::named(const std::string& name, const std::string& path) const {
  const auto found = std::find_if(arrays_.begin(), arrays_.end(),
                                  [&](const auto& array) { return array.name == name; });
  if (found == arrays_.end()) {
    std::vector<std::string> names;
    for (const auto& array : arrays_) names.push_back(array.name);
    const bool inParts = std::any_of(names.begin(), names.end(), [&](const auto& other) {
      const auto [part, rest] = withoutPart(other);
      return part && rest == name;
    });
    fail("{}: {} has no array \"{}\"; it has {}{}", path, place_, name, namesNear(name, names),
         inParts ? "; with data.split \"given\", names that say a part are pieces of one array"
                 : "");
  }
  const auto& first = found->pieces[0].array;
  if (!first.problem.empty())
    fail("{}: {} holds {}; save numbers", path, first.stretch.name, first.problem);
  if (first.shape.empty())
    fail("{}: {} holds one number; expected one row an example", path, first.stretch.name);
  if (found->rows() == 0 || found->width() == 0)
    fail("{}: {} is {}; expected at least one number", path, first.stretch.name, first.text());
  return *found;
}

}  // namespace eq::data
