#include "core/data/arrays/array_fields.h"

#include <cmath>
#include <map>
#include <type_traits>

#include <ATen/ops/empty.h>

#include "core/base/error.h"
#include "core/data/table_targets.h"

namespace eq::data {
namespace {

constexpr const char* kQueries = "group";

template <typename Value>
void requireFieldNumber(const ExampleArray& array, std::int64_t row, std::int64_t entry,
                        double number) {
  constexpr double kExactlyCounted = 9007199254740992;  // 2^53
  if (!std::isfinite(static_cast<float>(number)))
    fail("{}: a field needs a number of 32 bits in every row, found {}", array.place(row, entry),
         number);
  const bool counts = number == std::floor(number) && std::abs(number) <= kExactlyCounted;
  if (std::is_integral_v<Value> && !counts)
    fail("{}: expected a whole number, found {}", array.place(row, entry), number);
}

/// The queries, numbered from 0 in the order of their ids: metrics hold them in float64.
void numberFromZero(at::Tensor& queries) {
  auto* ids = queries.mutable_data_ptr<std::int64_t>();
  std::map<std::int64_t, std::int64_t> numbers;
  for (std::int64_t i = 0; i < queries.numel(); ++i) numbers[ids[i]] = 0;
  std::int64_t next = 0;
  for (auto& [id, number] : numbers) number = next++;
  for (std::int64_t i = 0; i < queries.numel(); ++i) ids[i] = numbers.at(ids[i]);
}

template <typename Value>
void fillField(const ExampleArray& array, const RowPlaces& rows, RowHashes& hashes,
               at::Tensor& tensor) {
  const auto width = array.width();
  auto* out = tensor.mutable_data_ptr<Value>();
  forEachNumber(array, [&](std::int64_t row, std::int64_t entry, double number) {
    requireFieldNumber<Value>(array, row, entry, number);
    hashes.add(row, entry, number);
    out[rows.of(row) * width + entry] = static_cast<Value>(number);
  });
}

}  // namespace

at::Tensor encodeArrayField(const ExampleArray& array, const std::string& field,
                            const RowPlaces& rows, RowHashes& hashes) {
  auto shape = array.shape();
  if (shape.size() > 2)
    fail("{}: a field has 1 to 3 dimensions, found {}", array.pieces[0].array.stretch.name,
         array.text());
  shape.insert(shape.begin(), rows.size());
  const bool whole = isWholeField(field);
  auto tensor = at::empty(shape, whole ? at::kLong : at::kFloat);
  hashes.nextArray();
  if (whole)
    fillField<std::int64_t>(array, rows, hashes, tensor);
  else
    fillField<float>(array, rows, hashes, tensor);
  if (field == kQueries) numberFromZero(tensor);
  return tensor;
}

}  // namespace eq::data
