#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/data/bytes.h"

struct z_stream_s;

namespace eq::data {

/// A file, or a member of a ZIP file.
struct Stretch {
  std::string name;  ///< for messages: `x.npz: y.npy`
  std::shared_ptr<const Bytes> bytes;
  std::uint64_t begin = 0;   ///< in `bytes`
  std::uint64_t packed = 0;  ///< bytes there
  std::uint64_t size = 0;    ///< bytes once inflated
  bool deflated = false;
  std::optional<std::uint32_t> checksum = {};  ///< CRC-32 of the inflated bytes

  /// All of the bytes.
  static Stretch whole(std::shared_ptr<const Bytes> bytes);
};

/// Reads a stretch from its first byte to its last; its checksum is looked at behind the last.
class StretchReader {
 public:
  explicit StretchReader(const Stretch& stretch);
  ~StretchReader();
  StretchReader(const StretchReader&) = delete;
  StretchReader& operator=(const StretchReader&) = delete;

  std::uint64_t position() const { return position_; }
  std::uint64_t left() const { return stretch_.size - position_; }

  /// \pre count <= left(). \throws Error with the byte where deflated data are cut off, broken or
  /// of another size than is promised, and for a wrong checksum.
  void read(char* out, size_t count);
  std::string text(size_t count);

 private:
  void readStored(char* out, size_t count);
  void inflateInto(char* out, size_t count);
  void feed();
  void finish();
  std::uint64_t placeInFile() const;  ///< of the next deflated byte

  Stretch stretch_;
  std::uint64_t position_ = 0;
  std::uint64_t fed_ = 0;  ///< deflated bytes that were given to zlib
  std::uint32_t crc_ = 0;
  std::vector<char> feed_;
  std::unique_ptr<z_stream_s> zlib_;
  bool ended_ = false;  ///< the deflated data say that they do
};

}  // namespace eq::data
