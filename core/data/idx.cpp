#include "core/data/idx.h"

#include <fmt/ranges.h>

#include "core/base/error.h"
#include "core/data/element_count.h"
#include "core/data/gzip.h"

namespace eq::data {
namespace {

// Two zero bytes, the element type, the number of dimensions; then a big-endian 32-bit size for
// each dimension; then the elements.
constexpr size_t kTypeAt = 2;
constexpr size_t kRankAt = 3;
constexpr size_t kSizesAt = 4;
constexpr std::uint8_t kUnsignedByte = 0x08;
constexpr size_t kHighestRank = 4;
static_assert(kIdxHeader == kSizesAt + 4 * kHighestRank);

std::uint8_t byteAt(std::string_view bytes, size_t position) {
  return static_cast<std::uint8_t>(bytes[position]);
}

void checkMagic(std::string_view bytes, const std::string& name) {
  if (bytes.size() < kSizesAt)
    fail("{}: byte {}: the file ends inside the IDX header; fetch it again", name, bytes.size());
  for (size_t i = 0; i < kTypeAt; ++i)
    if (byteAt(bytes, i) != 0)
      fail("{}: byte {}: expected 0, found 0x{:02x}; this is no IDX file", name, i,
           byteAt(bytes, i));
  const auto type = byteAt(bytes, kTypeAt);
  if (type < kUnsignedByte || type > 0x0e || type == 0x0a)
    fail("{}: byte {}: expected an element type from 0x08 to 0x0e without 0x0a, found 0x{:02x}",
         name, kTypeAt, type);
  const size_t rank = byteAt(bytes, kRankAt);
  if (rank < 1 || rank > kHighestRank)
    fail("{}: byte {}: expected 1 to {} dimensions, found {}", name, kRankAt, kHighestRank, rank);
}

std::vector<std::int64_t> readShape(std::string_view bytes, const std::string& name) {
  const size_t rank = byteAt(bytes, kRankAt);
  if (bytes.size() < kSizesAt + 4 * rank)
    fail("{}: byte {}: the file ends inside the IDX header of {} dimensions; fetch it again", name,
         bytes.size(), rank);
  std::vector<std::int64_t> shape;
  for (size_t at = kSizesAt; at < kSizesAt + 4 * rank; at += 4) {
    std::int64_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size * 256 + byteAt(bytes, at + i);
    shape.push_back(size);
  }
  return shape;
}

}  // namespace

IdxHeader parseIdxHeader(std::string_view front, const std::string& name) {
  checkMagic(front, name);
  IdxHeader header;
  header.type = byteAt(front, kTypeAt);
  header.shape = readShape(front, name);
  header.begin = kSizesAt + 4 * header.shape.size();
  return header;
}

IdxArray parseIdx(const std::string& bytes, const std::string& name) {
  auto header = parseIdxHeader(bytes, name);
  if (header.type != kUnsignedByte)
    fail("{}: byte {}: expected the element type 0x08 (unsigned byte), found 0x{:02x}", name,
         kTypeAt, header.type);
  IdxArray array{std::move(header.shape), {}};
  const size_t begin = header.begin;
  const std::uint64_t promised = elementCount(array.shape);
  const std::uint64_t present = bytes.size() - begin;
  if (present < promised)
    fail(
        "{}: byte {}: the file ends here, but its header promises {} = {} elements, of which {} "
        "are there; it is cut off or broken: fetch it again",
        name, bytes.size(), fmt::join(array.shape, " x "), promised, present);
  if (present > promised)
    fail("{}: byte {}: expected the end after {} elements, found {} more bytes", name,
         begin + promised, promised, present - promised);
  array.values.assign(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end());
  return array;
}

IdxArray readIdx(const std::filesystem::path& file, std::vector<Warning>& warnings) {
  return parseIdx(readBytes(file, warnings), file.string());
}

}  // namespace eq::data
