#include "core/data/arrays/array_rows.h"

#include <bit>
#include <map>

#include "core/base/error.h"
#include "core/base/sha256.h"

namespace eq::data {
namespace {

using RowList = Divider::RowList;

/// The finisher of SplitMix64: each bit of the input changes half of the output.
std::uint64_t mixed(std::uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebU;
  return bits ^ (bits >> 31);
}

const ExampleArray& splitArray(const ArraySet& arrays, const ArrayKeys& keys,
                               const ExampleArray& first) {
  const auto& array = arrays.named(keys.splitArray, "data.split_array");
  requireSameRows({&first, &array});
  if (array.width() != 1)
    fail("data.split_array: {}: expected one number a row, found {}", arrays.place(), array.text());
  return array;
}

std::vector<RowList> rowsOfEachValue(const ExampleArray& array) {
  std::map<double, RowList> values;
  forEachNumber(array, [&](std::int64_t row, std::int64_t, double number) {
    if (number != number)
      fail("{}: expected a number to divide the rows by, found nan", array.place(row, 0));
    values[number].push_back(row);
  });
  std::vector<RowList> lists;
  for (auto& [value, rows] : values) lists.push_back(std::move(rows));
  return lists;
}

std::vector<Part> partsByNumbers(const ExampleArray& array) {
  constexpr Part kParts[] = {Part::training, Part::validation, Part::test};
  std::vector<Part> parts(static_cast<size_t>(array.rows()));
  forEachNumber(array, [&](std::int64_t row, std::int64_t, double number) {
    if (number != 0 && number != 1 && number != 2)
      fail("{}: expected 0 (train), 1 (validation) or 2 (test), found {}", array.place(row, 0),
           number);
    parts[static_cast<size_t>(row)] = kParts[static_cast<int>(number)];
  });
  return parts;
}

/// A validation that no name says is taken from the training rows.
void keepForValidation(std::vector<Part>& parts, double share, std::uint64_t seed,
                       const std::string& place, std::vector<Warning>& warnings) {
  RowList training;
  for (std::int64_t row = 0; row < std::ssize(parts); ++row)
    if (parts[static_cast<size_t>(row)] == Part::training) training.push_back(row);
  const auto kept = Divider::wanted(share, training.size());
  if (kept == 0) return;
  const auto order = RandomStream(deriveSeed(seed, "split")).permutation(std::ssize(training));
  for (size_t i = 0; i < kept; ++i)
    parts[static_cast<size_t>(training[static_cast<size_t>(order[i])])] = Part::validation;
  warnings.push_back({place, fmt::format("no array is named for validation; {} of {} training rows "
                                         "are kept for it (data.validation)",
                                         kept, training.size())});
}

std::vector<Part> partsByNames(const ArraySet& arrays, const ArrayKeys& keys,
                               const ExampleArray& first, std::uint64_t seed,
                               std::vector<Warning>& warnings) {
  std::vector<Part> parts;
  bool validation = false;
  for (const auto& piece : first.pieces) {
    if (!piece.part)
      fail(
          "data.split: {}: given, but the name of \"{}\" says no part, as x_train and x_test do, "
          "and data.split_array names no array",
          arrays.place(), first.name);
    validation = validation || piece.part == Part::validation;
    parts.insert(parts.end(), static_cast<size_t>(piece.array.shape[0]), *piece.part);
  }
  if (!validation) keepForValidation(parts, keys.shares.validation, seed, arrays.place(), warnings);
  return parts;
}

}  // namespace

void requireSameRows(const std::vector<const ExampleArray*>& used) {
  const auto& first = *used.at(0);
  for (const auto* other : used) {
    bool same = other->pieces.size() == first.pieces.size();
    for (size_t i = 0; same && i < first.pieces.size(); ++i)
      same = other->pieces[i].part == first.pieces[i].part &&
             other->pieces[i].array.shape.at(0) == first.pieces[i].array.shape.at(0);
    if (!same)
      fail(
          "{}: expected as many rows in each part as {}, found {}; name the arrays in data.inputs "
          "and data.targets",
          other->pieces[0].array.stretch.name, first.text(), other->text());
  }
}

Parts divideArrays(const ArraySet& arrays, const ArrayKeys& keys, const ExampleArray& first,
                   std::uint64_t seed, std::vector<Warning>& warnings) {
  Divider divider(static_cast<size_t>(first.rows()), keys.shares, seed);
  Parts parts;
  if (keys.split == "random")
    parts = divider.random();
  else if (keys.split == "stratified")
    parts = divider.stratified(rowsOfEachValue(splitArray(arrays, keys, first)));
  else if (keys.split == "group")
    parts = divider.groups(rowsOfEachValue(splitArray(arrays, keys, first)));
  else if (!keys.splitArray.empty())
    parts = Divider::given(partsByNumbers(splitArray(arrays, keys, first)));
  else
    parts = Divider::given(partsByNames(arrays, keys, first, seed, warnings));
  noteShares(parts, keys.shares, keys.split == "given", arrays.place(), warnings);
  return parts;
}

RowPlaces::RowPlaces(const Parts& parts)
    : places_(parts.order.size()),
      firstTraining_(static_cast<std::int64_t>(parts.validation + parts.test)) {
  for (size_t place = 0; place < parts.order.size(); ++place)
    places_[static_cast<size_t>(parts.order[place])] = static_cast<std::int64_t>(place);
}

void RowHashes::add(std::int64_t row, std::int64_t entry, double number) {
  const auto place = mixed(static_cast<std::uint64_t>(entry) + (array_ << 48) + 1);
  hashes_[static_cast<size_t>(row)] += mixed(std::bit_cast<std::uint64_t>(number) ^ place);
}

std::string RowHashes::of(Parts::Rows rows) const {
  std::string all;
  for (const auto row : rows) all += fmt::format("{:016x}", hashes_[static_cast<size_t>(row)]);
  return sha256(all);
}

}  // namespace eq::data
