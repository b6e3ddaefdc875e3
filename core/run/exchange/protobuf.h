#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eq::run {

// The wire format of protocol buffers, as far as event files need it.

class ProtobufWriter {
 public:
  void varint(int field, std::uint64_t value);
  void number(int field, double value);
  void number(int field, float value);
  void bytes(int field, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  void key(int field, int type);
  void raw(std::uint64_t value);

  std::string text_;
};

/// A field of a message; which of the values it has is by its type.
struct ProtobufField {
  int number = 0;
  enum class Type { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 } type = Type::varint;
  std::uint64_t bits = 0;  ///< of varint, fixed64, fixed32
  std::string_view bytes;  ///< within the message
};

/// Reads the fields of a message one after the other.
class ProtobufReader {
 public:
  explicit ProtobufReader(std::string_view message) : message_(message) {}

  /// None at the end, and where the message is no such thing: then isDamaged().
  std::optional<ProtobufField> next();
  bool isDamaged() const { return damaged_; }
  /// Where the next field begins.
  std::size_t place() const { return place_; }

 private:
  std::optional<std::uint64_t> varint();
  std::optional<std::uint64_t> fixed(std::size_t size);
  bool readValue(ProtobufField& field);

  std::string_view message_;
  std::size_t place_ = 0;
  bool damaged_ = false;
};

double asDouble(std::uint64_t bits);
float asFloat(std::uint64_t bits);

}  // namespace eq::run
