#include "core/data/arrays/idx_array.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <string_view>

#include "core/data/gzip.h"
#include "core/data/idx.h"

namespace eq::data {
namespace {

constexpr std::string_view kPacked = ".gz", kIdxWord = "idx";

const std::map<std::uint8_t, ElementType>& idxTypes() {
  using Kind = ElementType::Kind;
  static const std::map<std::uint8_t, ElementType> types{
      {0x08, {Kind::natural, 1, true}}, {0x09, {Kind::integer, 1, true}},
      {0x0b, {Kind::integer, 2, true}}, {0x0c, {Kind::integer, 4, true}},
      {0x0d, {Kind::real, 4, true}},    {0x0e, {Kind::real, 8, true}}};
  return types;
}

/// Behind "idx": nothing, or the dimensions and the type as in "3-ubyte".
bool isIdxEnding(std::string_view ending) {
  if (ending.empty()) return true;
  if (std::isdigit(static_cast<unsigned char>(ending[0])) == 0) return false;
  return ending.size() == 1 || ending[1] == '-';
}

}  // namespace

std::string idxName(const std::string& file) {
  std::string_view name = file;
  if (name.ends_with(kPacked)) name.remove_suffix(kPacked.size());
  const auto at = name.rfind(kIdxWord);
  if (at == name.npos || at < 2 || std::string_view("-._").find(name[at - 1]) == name.npos ||
      !isIdxEnding(name.substr(at + kIdxWord.size())))
    return {};
  return std::string(name.substr(0, at - 1));
}

NumberArray openIdx(const std::shared_ptr<const Bytes>& bytes, std::string name) {
  const auto front =
      bytes->text(0, static_cast<size_t>(std::min<std::uint64_t>(bytes->size(), kIdxHeader)));
  auto header = parseIdxHeader(front, bytes->name());
  NumberArray array;
  array.name = std::move(name);
  array.shape = std::move(header.shape);
  array.type = idxTypes().at(header.type);
  array.stretch = Stretch::whole(bytes);
  array.begin = header.begin;
  requireElements(array);
  return array;
}

NumberArray openIdx(const std::filesystem::path& file, std::string name,
                    std::vector<Warning>& warnings) {
  auto bytes = openFile(file);
  if (bytes->size() >= 2 && bytes->text(0, 2) == "\x1f\x8b")
    bytes = inMemory(readBytes(file, warnings), file.string());
  return openIdx(bytes, std::move(name));
}

}  // namespace eq::data
