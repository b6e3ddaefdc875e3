#include "core/data/arrays/number_array.h"

#include <algorithm>

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/element_count.h"

namespace eq::data {
namespace {

constexpr size_t kNumbersAtOnce = size_t{1} << 15;

}  // namespace

std::string NumberArray::text() const {
  return fmt::format("{} [{}]", problem.empty() ? toText(type) : problem, fmt::join(shape, ", "));
}

void requireElements(const NumberArray& array) {
  const std::uint64_t promised = elementCount(array.shape);
  const std::uint64_t present = array.stretch.size - array.begin;
  if (present / array.type.bytes < promised)
    fail(
        "{}: byte {}: the file ends here, but its header promises {} = {} elements of {} bytes, of "
        "which {} are there; it is cut off or broken: fetch it again",
        array.stretch.name, array.stretch.size,
        array.shape.empty() ? "1" : fmt::format("{}", fmt::join(array.shape, " x ")), promised,
        array.type.bytes, present / array.type.bytes);
  const std::uint64_t end = array.begin + promised * array.type.bytes;
  if (array.stretch.size > end)
    fail("{}: byte {}: expected the end after {} elements, found {} more bytes", array.stretch.name,
         end, promised, array.stretch.size - end);
}

ElementReader::ElementReader(const NumberArray& array) : array_(array), reader_(array.stretch) {
  reader_.text(static_cast<size_t>(array.begin));
}

std::span<const double> ElementReader::next() {
  const size_t size = array_.type.bytes;
  const auto count =
      static_cast<size_t>(std::min<std::uint64_t>(reader_.left() / size, kNumbersAtOnce));
  const auto begin = reader_.position();
  bytes_.resize(count * size);
  numbers_.resize(count);
  reader_.read(bytes_.data(), bytes_.size());
  const size_t exact = decodeNumbers(array_.type, bytes_.data(), numbers_);
  if (exact < count)
    fail("{}: byte {}: a whole number beyond 2^53 = 9007199254740992, which is not read exactly",
         array_.stretch.name, begin + exact * size);
  return numbers_;
}

ElementWalk::ElementWalk(const NumberArray& array) : rowsFirst_(array.fortranOrder) {
  if (array.shape.empty() || elementCount(array.shape) == 0) return;
  rows_ = array.shape[0];
  for (size_t i = array.shape.size(); i-- > 1; width_ *= array.shape[i])
    axes_.push_back({array.shape[i], width_, 0});
  if (rowsFirst_) std::reverse(axes_.begin(), axes_.end());
}

void ElementWalk::step() {
  if (!rowsFirst_) {
    if (++entry_ == width_) entry_ = 0, ++row_;
  } else if (++row_ == rows_) {
    row_ = 0;
    stepEntry();
  }
}

void ElementWalk::stepEntry() {
  for (auto& axis : axes_) {
    entry_ += axis.stride;
    if (++axis.at < axis.size) return;
    entry_ -= axis.stride * axis.size;
    axis.at = 0;
  }
}

}  // namespace eq::data
