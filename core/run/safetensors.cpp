#include "core/run/safetensors.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <vector>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/base/sha256.h"
#include "core/run/atomic_file.h"
#include "core/run/json_numbers.h"
#include "core/run/safetensors_layout.h"

namespace eq::run {
namespace {

using nlohmann::json;

constexpr const char* kMetaKey = "equipoise";

const NumberType& typeOf(const std::string& name, const at::Tensor& tensor) {
  if (const auto* type = numberType(tensor.scalar_type())) return *type;
  fail("checkpoint: tensor {}: the type {} cannot be written", name,
       c10::toString(tensor.scalar_type()));
}

struct Part {
  std::string name;
  at::Tensor tensor;  ///< on the CPU, contiguous
  const NumberType* type;
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
  if (deeperThan(kHeaderDepth, text))
    fail("checkpoint: more than {} brackets stand within each other", kHeaderDepth);
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

json metaOf(const TensorReader& reader) {
  json meta = parsedHeader(reader.metadata(kMetaKey));
  if (!meta.is_object()) reader.failDamaged("{}: {} is not JSON", kMetadata, kMetaKey);
  return withTextAsNumbers(std::move(meta));
}

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
  const TensorReader reader(bytes, name, Checksums::required);
  return {reader.tensors(), metaOf(reader)};
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
  const std::string name = file.string();
  return metaOf(TensorReader(bytes, name, Checksums::required));
}

}  // namespace eq::run
