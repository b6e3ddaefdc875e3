#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/train/snapshot.h"

namespace eq::run {

/// A snapshot in the safetensors layout, which holds data only and which Python's `safetensors`
/// opens: length of the header (u64, little-endian), header (JSON, at most 100 MB), raw
/// little-endian C-order bytes without holes. In `__metadata__` stand
/// - "equipoise": the snapshot's meta as JSON, where {"$number": "nan" | "inf" | "-inf"} stands for
///   a number that JSON does not have,
/// - "crc32.<tensor>": the CRC-32 of that tensor's bytes, eight hexadecimal digits,
/// - "crc32_header": that of length and header, taken with zeros in its own place.
/// So any changed bit is found.
/// Types: F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL.
/// \throws Error for other types and names that JSON cannot hold.
std::string toSafetensors(const train::Snapshot& snapshot);

/// \param name of the file, for messages.
/// \throws Error naming the file, and the tensor where one is damaged.
train::Snapshot fromSafetensors(std::string_view bytes, const std::string& name);

/// Writes atomically. \throws Error, and leaves the former file as it was.
void writeSnapshot(const std::filesystem::path& file, const train::Snapshot& snapshot);
/// \throws Error when the file cannot be read or is damaged.
train::Snapshot readSnapshot(const std::filesystem::path& file);
/// Tells files apart by what is in them: a hash of the header, which has checksums of the tensors.
std::string contentHash(const std::filesystem::path& file);
/// Its meta alone, of whose bytes the header's checksum tells; reads no tensor.
nlohmann::json readSnapshotMeta(const std::filesystem::path& file);

}  // namespace eq::run
