#include "core/data/arrays/element_type.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <c10/util/Half.h>
#include <fmt/format.h>

namespace eq::data {
namespace {

constexpr std::int64_t kExact = std::int64_t{1} << 53;

template <typename Element>
Element elementAt(const char* bytes, bool swapped) {
  char raw[sizeof(Element)];
  std::memcpy(raw, bytes, sizeof(Element));
  if (swapped) std::reverse(std::begin(raw), std::end(raw));
  Element element;
  std::memcpy(&element, raw, sizeof(Element));
  return element;
}

template <typename Element>
bool isExact(Element element) {
  if constexpr (!std::is_integral_v<Element> || sizeof(Element) < 8)
    return true;
  else if constexpr (std::is_signed_v<Element>)
    return element >= -kExact && element <= kExact;
  else
    return element <= static_cast<Element>(kExact);
}

template <typename Element>
size_t decodeAs(const char* bytes, bool swapped, std::span<double> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    const auto element = elementAt<Element>(bytes + i * sizeof(Element), swapped);
    if (!isExact(element)) return i;
    if constexpr (std::is_same_v<Element, c10::Half>)
      out[i] = static_cast<double>(static_cast<float>(element));
    else
      out[i] = static_cast<double>(element);
  }
  return out.size();
}

size_t decodeBooleans(const char* bytes, std::span<double> out) {
  std::transform(bytes, bytes + out.size(), out.begin(), [](char c) { return c != 0 ? 1.0 : 0.0; });
  return out.size();
}

template <typename One, typename Two, typename Four, typename Eight>
size_t decodeSized(const ElementType& type, const char* bytes, std::span<double> out) {
  if (type.bytes == 1) return decodeAs<One>(bytes, false, out);
  if (type.bytes == 2) return decodeAs<Two>(bytes, type.bigEndian, out);
  if (type.bytes == 4) return decodeAs<Four>(bytes, type.bigEndian, out);
  return decodeAs<Eight>(bytes, type.bigEndian, out);
}

}  // namespace

std::string toText(const ElementType& type) {
  using Kind = ElementType::Kind;
  if (type.kind == Kind::boolean) return "bool";
  const char* name = type.kind == Kind::real      ? "float"
                     : type.kind == Kind::integer ? "int"
                                                  : "uint";
  return fmt::format("{}{}{}", type.bigEndian && type.bytes > 1 ? "big-endian " : "", name,
                     8 * type.bytes);
}

size_t decodeNumbers(const ElementType& type, const char* bytes, std::span<double> out) {
  using Kind = ElementType::Kind;
  if (type.kind == Kind::boolean) return decodeBooleans(bytes, out);
  if (type.kind == Kind::integer)
    return decodeSized<std::int8_t, std::int16_t, std::int32_t, std::int64_t>(type, bytes, out);
  if (type.kind == Kind::natural)
    return decodeSized<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>(type, bytes, out);
  if (type.bytes == 2) return decodeAs<c10::Half>(bytes, type.bigEndian, out);
  if (type.bytes == 4) return decodeAs<float>(bytes, type.bigEndian, out);
  return decodeAs<double>(bytes, type.bigEndian, out);
}

}  // namespace eq::data
