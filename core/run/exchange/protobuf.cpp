#include "core/run/exchange/protobuf.h"

#include <bit>
#include <cstring>

namespace eq::run {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire is little-endian");

constexpr int kMostVarintBytes = 10;

}  // namespace

void ProtobufWriter::raw(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) text_ += static_cast<char>((value & 0x7F) | 0x80);
  text_ += static_cast<char>(value);
}

void ProtobufWriter::key(int field, int type) {
  raw(static_cast<std::uint64_t>(field) << 3 | static_cast<std::uint64_t>(type));
}

void ProtobufWriter::varint(int field, std::uint64_t value) {
  key(field, 0);
  raw(value);
}

void ProtobufWriter::number(int field, double value) {
  key(field, 1);
  text_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void ProtobufWriter::number(int field, float value) {
  key(field, 5);
  text_.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void ProtobufWriter::bytes(int field, std::string_view value) {
  key(field, 2);
  raw(value.size());
  text_.append(value);
}

std::optional<std::uint64_t> ProtobufReader::varint() {
  std::uint64_t value = 0;
  for (int i = 0; i < kMostVarintBytes && place_ < message_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(message_[place_++]);
    value |= static_cast<std::uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> ProtobufReader::fixed(std::size_t size) {
  if (message_.size() - place_ < size) return std::nullopt;
  std::uint64_t bits = 0;
  std::memcpy(&bits, message_.data() + place_, size);
  place_ += size;
  return bits;
}

bool ProtobufReader::readValue(ProtobufField& field) {
  std::optional<std::uint64_t> bits;
  if (field.type == ProtobufField::Type::varint)
    bits = varint();
  else if (field.type == ProtobufField::Type::fixed64)
    bits = fixed(8);
  else if (field.type == ProtobufField::Type::fixed32)
    bits = fixed(4);
  if (bits) {
    field.bits = *bits;
    return true;
  }
  if (field.type != ProtobufField::Type::bytes) return false;
  const auto size = varint();
  if (!size || *size > message_.size() - place_) return false;
  field.bytes = message_.substr(place_, static_cast<std::size_t>(*size));
  place_ += static_cast<std::size_t>(*size);
  return true;
}

std::optional<ProtobufField> ProtobufReader::next() {
  if (damaged_ || place_ == message_.size()) return std::nullopt;
  ProtobufField field;
  const auto key = varint();
  if (key && *key >> 3 != 0 && *key >> 3 < (1U << 29)) {
    field.number = static_cast<int>(*key >> 3);
    field.type = static_cast<ProtobufField::Type>(*key & 7);
    if (readValue(field)) return field;
  }
  damaged_ = true;
  return std::nullopt;
}

double asDouble(std::uint64_t bits) {
  return std::bit_cast<double>(bits);
}

float asFloat(std::uint64_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits));
}

}  // namespace eq::run
