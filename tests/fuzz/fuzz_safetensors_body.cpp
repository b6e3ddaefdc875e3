// Tensors of any type, shape and place, with the right checksums or wrong ones, are either read,
// and written again as the same, or refused with an Error.
#include <map>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/run/safetensors.h"
#include "tests/fuzz/checkpoint_bytes.h"
#include "tests/fuzz/refusal.h"

namespace {

/// Takes numbers from the front of the input; zeros at its end.
class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  std::size_t below(std::size_t limit) {
    if (bytes_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return value % limit;
  }
  /// Mostly small, now and then any.
  std::uint64_t number() {
    if (below(16) != 15) return below(5);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | below(256);
    return value;
  }
  std::string_view rest() const { return bytes_; }

 private:
  std::string_view bytes_;
};

constexpr const char* kTypes[] = {"F64", "F32", "F16", "BF16", "I64", "I32",
                                  "I16", "I8",  "U8",  "BOOL", "F8"};
constexpr std::size_t kSizes[] = {8, 4, 2, 2, 8, 4, 2, 1, 1, 1, 1};

/// An entry of the header; most often with as many bytes as its shape needs.
nlohmann::json tensorOf(Source& source, std::uint64_t& end) {
  const auto type = source.below(std::size(kTypes));
  std::vector<std::uint64_t> shape;
  std::uint64_t bytes = kSizes[type];
  for (auto rank = source.below(4); rank > 0; --rank) {
    shape.push_back(source.number());
    bytes *= shape.back();
  }
  const auto begin = source.below(8) == 7 ? source.number() : end;
  end = source.below(8) == 7 ? source.number() : begin + bytes;
  return {{"dtype", kTypes[type]}, {"shape", shape}, {"data_offsets", {begin, end}}};
}

void readAndWriteAgain(const std::string& bytes) {
  const auto snapshot = eq::run::fromSafetensors(bytes, "x");
  const auto again = eq::run::fromSafetensors(eq::run::toSafetensors(snapshot), "y");
  eq::fuzz::require(again.meta == snapshot.meta && again.tensors.size() == snapshot.tensors.size());
  for (const auto& [name, tensor] : snapshot.tensors) {
    const auto& other = again.tensors.at(name);
    eq::fuzz::require(tensor.sizes() == other.sizes() && tensor.nbytes() == other.nbytes());
    eq::fuzz::require(
        tensor.nbytes() == 0 ||
        std::memcmp(tensor.const_data_ptr(), other.const_data_ptr(), tensor.nbytes()) == 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Source source(eq::fuzz::textOf(data, size));
  nlohmann::json header{{"__metadata__", {{"equipoise", "{}"}, {"crc32_header", "00000000"}}}};
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> places;
  std::uint64_t end = 0;
  for (auto left = source.below(5); left > 0; --left) {
    const std::string name(1, static_cast<char>('a' + source.below(4)));
    const auto begin = end;
    header[name] = tensorOf(source, end);
    places[name] = {begin, end};
  }
  const auto body = source.rest().substr(0, std::min(end, std::uint64_t{source.rest().size()}));
  for (const auto& [name, place] : places) {
    const auto first = std::min(place.first, std::uint64_t{body.size()});
    const auto count = place.second < first ? 0 : place.second - first;
    header["__metadata__"]["crc32." + name] = eq::fuzz::crcText(body.substr(first, count));
  }
  eq::fuzz::mayRefuse([&] { readAndWriteAgain(eq::fuzz::checkpointOf(header.dump(), body)); });
  return 0;
}
