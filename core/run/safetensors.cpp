#include "core/run/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fstream>
#include <limits>
#include <vector>

#include <ATen/ops/empty.h>
#include <zlib.h>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/sha256.h"
#include "core/run/atomic_file.h"
#include "core/run/json_numbers.h"

namespace eq::run {
namespace {

using nlohmann::json;

static_assert(std::endian::native == std::endian::little, "the layout is little-endian");

constexpr std::uint64_t kHeaderLimit = 100'000'000;
constexpr size_t kLengthSize = 8;
constexpr size_t kRankLimit = 64;
constexpr size_t kDepthLimit = 100;
static_assert(kDepthLimit >= kJsonDepth + 8, "a snapshot wraps an experiment into more brackets");
constexpr const char* kMetadata = "__metadata__";
constexpr const char* kMetaKey = "equipoise";
constexpr const char* kHeaderKey = "crc32_header";
constexpr const char* kTensorKey = "crc32.";
constexpr const char* kNoChecksum = "00000000";

struct Type {
  const char* name;
  at::ScalarType scalar;
  std::uint64_t size;
};

constexpr std::array kTypes{Type{"F64", at::kDouble, 8}, Type{"F32", at::kFloat, 4},
                            Type{"F16", at::kHalf, 2},   Type{"BF16", at::kBFloat16, 2},
                            Type{"I64", at::kLong, 8},   Type{"I32", at::kInt, 4},
                            Type{"I16", at::kShort, 2},  Type{"I8", at::kChar, 1},
                            Type{"U8", at::kByte, 1},    Type{"BOOL", at::kBool, 1}};

std::string crcText(std::string_view bytes, uLong start = 0) {
  const auto* data = reinterpret_cast<const Bytef*>(bytes.data());
  return fmt::format("{:08x}", crc32_z(start, data, bytes.size()));
}

/// Checksum of length and header; the header has zeros where the checksum belongs.
std::string headerChecksum(std::string_view header) {
  const std::uint64_t length = header.size();
  std::array<char, kLengthSize> prefix{};
  std::memcpy(prefix.data(), &length, kLengthSize);
  return crcText(header, crc32_z(0, reinterpret_cast<const Bytef*>(prefix.data()), kLengthSize));
}

std::string headerEntry(const std::string& checksum) {
  return fmt::format("\"{}\":\"{}\"", kHeaderKey, checksum);
}

/// JSON as deep as this layout needs; a hostile file's nesting would exhaust the stack later.
json parsed(std::string_view text) {
  if (deeperThan(kDepthLimit, text)) return json::value_t::discarded;
  return json::parse(text, nullptr, false);
}

const Type& typeOf(const std::string& name, const at::Tensor& tensor) {
  for (const auto& type : kTypes)
    if (type.scalar == tensor.scalar_type()) return type;
  fail("checkpoint: tensor {}: the type {} cannot be written", name,
       c10::toString(tensor.scalar_type()));
}

struct Part {
  std::string name;
  at::Tensor tensor;  ///< on the CPU, contiguous
  const Type* type;
  std::string_view bytes;
};

/// The tensors, largest element first, so that each starts at a multiple of its element's size.
std::vector<Part> partsOf(const train::Snapshot& snapshot) {
  std::vector<Part> parts;
  for (const auto& [name, tensor] : snapshot.tensors) {
    if (name == kMetadata) fail("checkpoint: a tensor cannot be named {}", name);
    Part part{name, tensor.detach().cpu().contiguous(), &typeOf(name, tensor), {}};
    part.bytes = {static_cast<const char*>(part.tensor.const_data_ptr()), part.tensor.nbytes()};
    parts.push_back(std::move(part));
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Part& a, const Part& b) { return a.type->size > b.type->size; });
  return parts;
}

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string headerOf(const std::vector<Part>& parts, const json& meta) {
  json header = json::object();
  const std::string text = dumped(withNumbersAsText(meta));
  if (deeperThan(kDepthLimit, text))
    fail("checkpoint: more than {} brackets stand within each other", kDepthLimit);
  header[kMetadata] = {{kMetaKey, text}, {kHeaderKey, kNoChecksum}};
  std::uint64_t offset = 0;
  for (const auto& part : parts) {
    header[kMetadata][kTensorKey + part.name] = crcText(part.bytes);
    header[part.name] = {{"dtype", part.type->name},
                         {"shape", part.tensor.sizes().vec()},
                         {"data_offsets", {offset, offset + part.bytes.size()}}};
    offset += part.bytes.size();
  }
  std::string bytes = dumped(header);
  bytes.append((kLengthSize - bytes.size() % kLengthSize) % kLengthSize, ' ');
  const auto place = bytes.find(headerEntry(kNoChecksum));
  const auto entry = headerEntry(headerChecksum(bytes));
  return bytes.replace(place, entry.size(), entry);
}

/// Reads one file; every message starts with its name.
class Reader {
 public:
  Reader(std::string_view bytes, const std::string& name) : name_(name) { split(bytes); }

  train::Snapshot read() {
    parse();
    train::Snapshot snapshot;
    std::uint64_t end = 0;
    for (const auto& [offset, tensor] : inOrder()) {
      if (offset != end)
        failDamaged("tensor {}: its bytes start at {}, expected {}", tensor, offset, end);
      snapshot.tensors[tensor] = readTensor(tensor, end);
    }
    if (end != data_.size()) failDamaged("{} bytes of data, expected {}", data_.size(), end);
    snapshot.meta = meta();
    return snapshot;
  }

  json readMeta() {
    parse();
    return meta();
  }

 private:
  template <typename... Args>
  [[noreturn]] void failDamaged(fmt::format_string<Args...> format, Args&&... args) const {
    fail("{}: damaged or not a checkpoint: {}; take another checkpoint", name_,
         fmt::format(format, std::forward<Args>(args)...));
  }

  json meta() const {
    json meta = parsed(metadataText(kMetaKey));
    if (!meta.is_object()) failDamaged("{}: {} is not JSON", kMetadata, kMetaKey);
    return withTextAsNumbers(std::move(meta));
  }

  void split(std::string_view bytes) {
    std::uint64_t length = 0;
    if (bytes.size() < kLengthSize) failDamaged("it has {} bytes", bytes.size());
    std::memcpy(&length, bytes.data(), kLengthSize);
    if (length > kHeaderLimit)
      failDamaged("a header of {} bytes is above {}", length, kHeaderLimit);
    if (length > bytes.size() - kLengthSize)
      failDamaged("the header needs {} bytes, the file has {}", length, bytes.size());
    header_ = bytes.substr(kLengthSize, length);
    data_ = bytes.substr(kLengthSize + length);
  }

  void parse() {
    root_ = parsed(header_);
    if (!root_.is_object()) failDamaged("the header is not JSON");
    const auto found = root_.find(kMetadata);
    if (found == root_.end() || !found->is_object()) failDamaged("there is no {}", kMetadata);
    for (const auto& [key, value] : found->items()) {
      if (!value.is_string()) failDamaged("{}: {} is not a text", kMetadata, key);
      metadata_[key] = value.get<std::string>();
    }
    root_.erase(kMetadata);
    checkHeader();
  }

  void checkHeader() const {
    const auto entry = headerEntry(metadataText(kHeaderKey));
    const auto place = header_.find(entry);
    if (place == std::string_view::npos) failDamaged("the header's checksum is missing");
    std::string plain(header_);
    plain.replace(place, entry.size(), headerEntry(kNoChecksum));
    if (headerChecksum(plain) != metadataText(kHeaderKey))
      failDamaged("the header's checksum differs");
  }

  const std::string& metadataText(const std::string& key) const {
    const auto found = metadata_.find(key);
    if (found == metadata_.end()) failDamaged("{} has no {}", kMetadata, key);
    return found->second;
  }

  std::uint64_t unsignedAt(const json& list, size_t index, const std::string& tensor) const {
    if (!list[index].is_number_unsigned())
      failDamaged("tensor {}: {} is no list of whole numbers from 0", tensor, list.dump());
    return list[index].get<std::uint64_t>();
  }

  /// Tensors by where they start; empty ones come before the one that starts at the same place.
  std::vector<std::pair<std::uint64_t, std::string>> inOrder() const {
    std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string>> places;
    for (const auto& [tensor, entry] : root_.items()) {
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
  std::vector<std::int64_t> shapeOf(const std::string& tensor, std::uint64_t& bytes) const {
    const json& shape = root_[tensor]["shape"];
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

  at::Tensor readTensor(const std::string& tensor, std::uint64_t& end) const {
    const json& entry = root_[tensor];
    const auto dtype = entry["dtype"].get<std::string>();
    const auto type = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const Type& known) { return known.name == dtype; });
    if (type == kTypes.end()) failDamaged("tensor {}: unknown dtype {}", tensor, dtype);
    std::uint64_t needed = type->size;
    const auto sizes = shapeOf(tensor, needed);
    const std::uint64_t last = entry["data_offsets"][1].get<std::uint64_t>();
    if (last > data_.size() || last < end || last - end != needed)
      failDamaged("tensor {}: bytes {} to {} of {}, its shape needs {}", tensor, end, last,
                  data_.size(), needed);
    const auto bytes = data_.substr(end, needed);
    if (metadataText(kTensorKey + tensor) != crcText(bytes))
      failDamaged("tensor {}: its checksum differs", tensor);
    end = last;
    auto values = at::empty(sizes, at::TensorOptions(type->scalar));
    if (needed > 0) std::memcpy(values.mutable_data_ptr(), bytes.data(), needed);
    return values;
  }

  const std::string& name_;
  std::string_view header_;
  std::string_view data_;
  json root_;
  std::map<std::string, std::string> metadata_;
};

/// Length and header of a file, without its tensors; less where it is no checkpoint.
std::string headerBytes(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(kLengthSize, '\0');
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(kLengthSize))) return {};
  std::uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthSize);
  length = std::min<std::uint64_t>(length, kHeaderLimit);
  bytes.resize(kLengthSize + length);
  stream.read(bytes.data() + kLengthSize, static_cast<std::streamsize>(length));
  bytes.resize(kLengthSize + static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

}  // namespace

std::string toSafetensors(const train::Snapshot& snapshot) {
  const auto parts = partsOf(snapshot);
  const std::string header = headerOf(parts, snapshot.meta);
  const std::uint64_t length = header.size();
  if (length > kHeaderLimit) fail("checkpoint: its header is above {} bytes", kHeaderLimit);
  size_t total = kLengthSize + header.size();
  for (const auto& part : parts) total += part.bytes.size();
  std::string bytes;
  bytes.reserve(total);
  bytes.append(reinterpret_cast<const char*>(&length), kLengthSize).append(header);
  for (const auto& part : parts) bytes.append(part.bytes);
  return bytes;
}

train::Snapshot fromSafetensors(std::string_view bytes, const std::string& name) {
  return Reader(bytes, name).read();
}

void writeSnapshot(const std::filesystem::path& file, const train::Snapshot& snapshot) {
  writeAtomically(file, toSafetensors(snapshot));
}

train::Snapshot readSnapshot(const std::filesystem::path& file) {
  return fromSafetensors(readWhole(file), file.string());
}

std::string contentHash(const std::filesystem::path& file) {
  return sha256(headerBytes(file));
}

nlohmann::json readSnapshotMeta(const std::filesystem::path& file) {
  const auto bytes = headerBytes(file);
  return Reader(bytes, file.string()).readMeta();
}

}  // namespace eq::run
