#include "core/run/safetensors_layout.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <tuple>

#include <ATen/ops/empty.h>
#include <zlib.h>

#include "core/base/json_file.h"

namespace eq::run {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the layout is little-endian");
static_assert(kHeaderDepth >= kJsonDepth + 8, "a snapshot wraps an experiment into more brackets");

constexpr size_t kRankLimit = 64;

constexpr std::array kNumberTypes{
    NumberType{"F64", at::kDouble, 8}, NumberType{"F32", at::kFloat, 4},
    NumberType{"F16", at::kHalf, 2},   NumberType{"BF16", at::kBFloat16, 2},
    NumberType{"I64", at::kLong, 8},   NumberType{"I32", at::kInt, 4},
    NumberType{"I16", at::kShort, 2},  NumberType{"I8", at::kChar, 1},
    NumberType{"U8", at::kByte, 1},    NumberType{"BOOL", at::kBool, 1}};

template <typename Fits>
const NumberType* numberTypeWhere(const Fits& fits) {
  const auto* found = std::find_if(kNumberTypes.begin(), kNumberTypes.end(), fits);
  return found == kNumberTypes.end() ? nullptr : found;
}

uLong crcOf(std::string_view bytes, uLong start = 0) {
  return crc32_z(start, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

std::string crcDigits(uLong crc) {
  return fmt::format("{:08x}", crc);
}

}  // namespace

std::string crcText(std::string_view bytes) {
  return crcDigits(crcOf(bytes));
}

std::string headerChecksum(std::string_view header) {
  const std::uint64_t length = header.size();
  std::array<char, kLengthSize> prefix{};
  std::memcpy(prefix.data(), &length, kLengthSize);
  return crcDigits(crcOf(header, crcOf({prefix.data(), kLengthSize})));
}

std::string headerEntry(const std::string& checksum) {
  return fmt::format("\"{}\":\"{}\"", kHeaderKey, checksum);
}

const NumberType* numberType(const std::string& name) {
  return numberTypeWhere([&](const NumberType& type) { return type.name == name; });
}

const NumberType* numberType(at::ScalarType scalar) {
  return numberTypeWhere([&](const NumberType& type) { return type.scalar == scalar; });
}

json parsedHeader(std::string_view text) {
  if (deeperThan(kHeaderDepth, text)) return json::value_t::discarded;
  return json::parse(text, nullptr, false);
}

TensorReader::TensorReader(std::string_view bytes, const std::string& name, Checksums checksums)
    : name_(name), checksums_(checksums) {
  split(bytes);
  entries_ = parsedHeader(header_);
  if (!entries_.is_object()) failDamaged("the header is not JSON");
  readMetadata();
  checkHeader();
}

std::map<std::string, at::Tensor> TensorReader::tensors() const {
  std::map<std::string, at::Tensor> tensors;
  std::uint64_t end = 0;
  for (const auto& [offset, tensor] : inOrder()) {
    if (offset != end)
      failDamaged("tensor {}: its bytes start at {}, expected {}", tensor, offset, end);
    tensors[tensor] = readTensor(tensor, end);
  }
  if (end != data_.size()) failDamaged("{} bytes of data, expected {}", data_.size(), end);
  return tensors;
}

const std::string& TensorReader::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) failDamaged("{} has no {}", kMetadata, key);
  return found->second;
}

void TensorReader::split(std::string_view bytes) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthSize) failDamaged("it has {} bytes", bytes.size());
  std::memcpy(&length, bytes.data(), kLengthSize);
  if (length > kHeaderLimit) failDamaged("a header of {} bytes is above {}", length, kHeaderLimit);
  if (length > bytes.size() - kLengthSize)
    failDamaged("the header needs {} bytes, the file has {}", length, bytes.size());
  header_ = bytes.substr(kLengthSize, length);
  data_ = bytes.substr(kLengthSize + length);
}

void TensorReader::readMetadata() {
  const auto found = entries_.find(kMetadata);
  if (found == entries_.end() && checksums_ == Checksums::whereGiven) return;
  if (found == entries_.end() || !found->is_object()) failDamaged("there is no {}", kMetadata);
  for (const auto& [key, value] : found->items()) {
    if (!value.is_string()) failDamaged("{}: {} is not a text", kMetadata, key);
    metadata_[key] = value.get<std::string>();
  }
  entries_.erase(kMetadata);
}

bool TensorReader::isChecked(const std::string& key) const {
  return checksums_ == Checksums::required || metadata_.contains(key);
}

void TensorReader::checkHeader() const {
  if (!isChecked(kHeaderKey)) return;
  const auto entry = headerEntry(metadata(kHeaderKey));
  const auto place = header_.find(entry);
  if (place == std::string_view::npos) failDamaged("the header's checksum is missing");
  std::string plain(header_);
  plain.replace(place, entry.size(), headerEntry(kNoChecksum));
  if (headerChecksum(plain) != metadata(kHeaderKey)) failDamaged("the header's checksum differs");
}

std::uint64_t TensorReader::unsignedAt(const json& list, size_t index,
                                       const std::string& tensor) const {
  if (!list[index].is_number_unsigned())
    failDamaged("tensor {}: {} is no list of whole numbers from 0", tensor, list.dump());
  return list[index].get<std::uint64_t>();
}

/// Tensors by where they start; empty ones come before the one that starts at the same place.
std::vector<std::pair<std::uint64_t, std::string>> TensorReader::inOrder() const {
  std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string>> places;
  for (const auto& [tensor, entry] : entries_.items()) {
    const bool complete = entry.is_object() && entry.value("data_offsets", json()).is_array() &&
                          entry.value("shape", json()).is_array() &&
                          entry.value("dtype", json()).is_string() &&
                          entry["data_offsets"].size() == 2;
    if (!complete) failDamaged("tensor {}: expected dtype, shape and data_offsets", tensor);
    places.emplace_back(unsignedAt(entry["data_offsets"], 0, tensor),
                        unsignedAt(entry["data_offsets"], 1, tensor), tensor);
  }
  std::sort(places.begin(), places.end());
  std::vector<std::pair<std::uint64_t, std::string>> starts;
  for (auto& [begin, end, tensor] : places) starts.emplace_back(begin, std::move(tensor));
  return starts;
}

/// Sizes, and the number of bytes that they need, computed without overflow.
std::vector<std::int64_t> TensorReader::shapeOf(const std::string& tensor,
                                                std::uint64_t& bytes) const {
  const json& shape = entries_[tensor]["shape"];
  if (shape.size() > kRankLimit) failDamaged("tensor {}: {} dimensions", tensor, shape.size());
  std::vector<std::int64_t> sizes;
  for (size_t i = 0; i < shape.size(); ++i) {
    const std::uint64_t size = unsignedAt(shape, i, tensor);
    if (size > std::numeric_limits<std::int64_t>::max() ||
        __builtin_mul_overflow(bytes, std::max<std::uint64_t>(size, 1), &bytes) ||
        bytes > std::numeric_limits<std::int64_t>::max())  // also of an empty one: its strides
      failDamaged("tensor {}: the shape {} is too large", tensor, shape.dump());
    sizes.push_back(static_cast<std::int64_t>(size));
  }
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) bytes = 0;
  return sizes;
}

at::Tensor TensorReader::readTensor(const std::string& tensor, std::uint64_t& end) const {
  const json& entry = entries_[tensor];
  const auto dtype = entry["dtype"].get<std::string>();
  const auto* type = numberType(dtype);
  if (!type) failDamaged("tensor {}: unknown dtype {}", tensor, dtype);
  std::uint64_t needed = type->size;
  const auto sizes = shapeOf(tensor, needed);
  const std::uint64_t last = entry["data_offsets"][1].get<std::uint64_t>();
  if (last > data_.size() || last < end || last - end != needed)
    failDamaged("tensor {}: bytes {} to {} of {}, its shape needs {}", tensor, end, last,
                data_.size(), needed);
  const auto bytes = data_.substr(end, needed);
  if (isChecked(kTensorKey + tensor) && metadata(kTensorKey + tensor) != crcText(bytes))
    failDamaged("tensor {}: its checksum differs", tensor);
  end = last;
  auto values = at::empty(sizes, at::TensorOptions(type->scalar));
  if (needed > 0) std::memcpy(values.mutable_data_ptr(), bytes.data(), needed);
  return values;
}

}  // namespace eq::run
