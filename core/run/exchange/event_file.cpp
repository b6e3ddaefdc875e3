#include "core/run/exchange/event_file.h"

#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "core/run/exchange/protobuf.h"

namespace eq::run {
namespace {

constexpr std::size_t kHead = 12, kTail = 4;  // bytes around those of a record
constexpr int kFloat = 1, kDouble = 2;        // DataType of a tensor

std::array<std::uint32_t, 256> crcTable() {
  constexpr std::uint32_t kCastagnoli = 0x82F63B78;  // reflected
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? kCastagnoli : 0);
    table[i] = value;
  }
  return table;
}

template <typename Value>
Value numberAt(std::string_view bytes, std::size_t place) {
  Value value{};
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

template <typename Value>
void append(std::string& bytes, Value value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// A message is what the field holds; damaged bytes are told by the byte at which they stand.
class EventReader {
 public:
  EventReader(std::string_view bytes, const std::string& name,
              const std::function<void(const ScalarEvent&)>& use)
      : bytes_(bytes), name_(name), use_(use) {}

  EventFileEnd read() {
    while (bytes_.size() - end_.read >= kHead + kTail) {
      const auto length = numberAt<std::uint64_t>(bytes_, end_.read);
      if (numberAt<std::uint32_t>(bytes_, end_.read + 8) !=
          maskedCrc32c(bytes_.substr(end_.read, 8)))
        failAt(end_.read, "the checksum of the record's length differs");
      if (length > bytes_.size() - end_.read - kHead - kTail) break;
      const auto size = static_cast<std::size_t>(length);
      const auto record = bytes_.substr(end_.read + kHead, size);
      if (numberAt<std::uint32_t>(bytes_, end_.read + kHead + size) != maskedCrc32c(record))
        failAt(end_.read + kHead, "the record's checksum differs");
      readEvent(record);
      end_.read += kHead + size + kTail;
    }
    end_.left = bytes_.size() - end_.read;
    return end_;
  }

 private:
  [[noreturn]] void failAt(std::size_t place, const std::string& what) const {
    fail("{}: byte {}: {}: damaged, or not an event file of TensorBoard", name_, place, what);
  }

  std::size_t placeOf(std::string_view part) const {
    return static_cast<std::size_t>(part.data() - bytes_.data());
  }

  template <typename Use>
  void fieldsOf(std::string_view message, Use use) const {
    ProtobufReader reader(message);
    while (const auto field = reader.next()) use(*field);
    if (reader.isDamaged())
      failAt(placeOf(message) + reader.place(), "here is no field of an event");
  }

  void readEvent(std::string_view record) {
    ScalarEvent scalar;
    std::vector<std::string_view> summaries;
    fieldsOf(record, [&](const ProtobufField& field) {
      if (field.number == 1 && field.type == ProtobufField::Type::fixed64)
        scalar.wallTime = asDouble(field.bits);
      if (field.number == 2 && field.type == ProtobufField::Type::varint)
        scalar.step = static_cast<std::int64_t>(field.bits);
      if (field.number == 5 && field.type == ProtobufField::Type::bytes)
        summaries.push_back(field.bytes);
    });
    for (const auto summary : summaries)
      fieldsOf(summary, [&](const ProtobufField& field) {
        if (field.number == 1 && field.type == ProtobufField::Type::bytes)
          readValue(field.bytes, scalar);
      });
  }

  void readValue(std::string_view message, ScalarEvent& scalar) {
    std::optional<double> value;
    scalar.tag.clear();
    fieldsOf(message, [&](const ProtobufField& field) {
      if (field.number == 1 && field.type == ProtobufField::Type::bytes)
        scalar.tag = std::string(field.bytes);
      if (field.number == 2 && field.type == ProtobufField::Type::fixed32)
        value = asFloat(field.bits);
      if (field.number == 8 && field.type == ProtobufField::Type::bytes)
        value = tensorValue(field.bytes);
    });
    if (!value) {
      ++end_.otherValues;
      return;
    }
    scalar.value = *value;
    use_(scalar);
  }

  /// The number of a tensor that has one; none for all others.
  std::optional<double> tensorValue(std::string_view message) const {
    std::uint64_t type = 0;
    std::string_view content, floats, doubles;
    std::optional<double> single;
    fieldsOf(message, [&](const ProtobufField& field) {
      if (field.number == 1) type = field.bits;
      if (field.number == 4) content = field.bytes;
      if (field.number == 5 && field.type == ProtobufField::Type::fixed32)
        single = asFloat(field.bits);
      if (field.number == 5) floats = field.bytes;
      if (field.number == 6 && field.type == ProtobufField::Type::fixed64)
        single = asDouble(field.bits);
      if (field.number == 6) doubles = field.bytes;
    });
    if (type != kFloat && type != kDouble) return std::nullopt;
    if (single) return single;
    const auto packed = !content.empty() ? content : type == kFloat ? floats : doubles;
    if (type == kFloat && packed.size() == sizeof(float)) return numberAt<float>(packed, 0);
    if (type == kDouble && packed.size() == sizeof(double)) return numberAt<double>(packed, 0);
    return std::nullopt;
  }

  std::string_view bytes_;
  const std::string& name_;
  const std::function<void(const ScalarEvent&)>& use_;
  EventFileEnd end_;
};

}  // namespace

std::uint32_t maskedCrc32c(std::string_view bytes) {
  static const auto table = crcTable();
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char byte : bytes)
    crc = table[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ crc >> 8;
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

EventFileBytes::EventFileBytes(double wallTime) {
  ProtobufWriter event;
  event.number(1, wallTime);
  event.bytes(3, "brain.Event:2");
  addRecord(event.text());
}

void EventFileBytes::add(const ScalarEvent& scalar) {
  ProtobufWriter value, summary, event;
  value.bytes(1, scalar.tag);
  value.number(2, static_cast<float>(scalar.value));
  summary.bytes(1, value.text());
  event.number(1, scalar.wallTime);
  event.varint(2, static_cast<std::uint64_t>(scalar.step));
  event.bytes(5, summary.text());
  addRecord(event.text());
}

void EventFileBytes::addRecord(std::string_view event) {
  const auto begin = bytes_.size();
  append(bytes_, static_cast<std::uint64_t>(event.size()));
  append(bytes_, maskedCrc32c(std::string_view(bytes_).substr(begin, 8)));
  bytes_.append(event);
  append(bytes_, maskedCrc32c(event));
}

EventFileEnd readEventFile(std::string_view bytes, const std::string& name,
                           const std::function<void(const ScalarEvent&)>& use) {
  return EventReader(bytes, name, use).read();
}

}  // namespace eq::run
