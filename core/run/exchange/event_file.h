#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace eq::run {

// TensorBoard's event files: records of a length, its checksum, bytes, their checksum (masked
// CRC-32C, little-endian), each an Event in the encoding of protocol buffers. Of these, what
// scalars need.

/// CRC-32C (Castagnoli), masked as TFRecord files have it.
std::uint32_t maskedCrc32c(std::string_view bytes);

/// One value of one series.
struct ScalarEvent {
  double wallTime = 0;  ///< seconds since 1970
  std::int64_t step = 0;
  std::string tag;
  double value = 0;
};

/// Writes such a file in memory.
class EventFileBytes {
 public:
  explicit EventFileBytes(double wallTime);
  /// TensorBoard keeps single precision.
  void add(const ScalarEvent& scalar);
  /// A record of other bytes: a serialised Event.
  void addRecord(std::string_view event);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// What reading left out.
struct EventFileEnd {
  std::size_t read = 0;         ///< bytes up to the end of the last whole record
  std::size_t left = 0;         ///< bytes of a record that was cut off
  std::size_t otherValues = 0;  ///< images, texts, histograms ...
};

/// Calls `use` for every scalar: simple values, and tensors of one number.
/// \param name of the file, for messages. \throws Error naming the byte at which a record is
/// damaged or says what no event says. A file that ends within a record, as one that is being
/// written does, is read up to there.
EventFileEnd readEventFile(std::string_view bytes, const std::string& name,
                           const std::function<void(const ScalarEvent&)>& use);

}  // namespace eq::run
