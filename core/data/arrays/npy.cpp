#include "core/data/arrays/npy.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/base/text.h"

namespace eq::data {
namespace {

// Six bytes of magic, major and minor version, the length of the header (2 bytes little-endian in
// version 1, 4 in 2 and 3), the header: a Python dictionary in ASCII or, in version 3, UTF-8, with
// the keys descr, fortran_order and shape, padded with spaces; then the elements.
constexpr std::string_view kMagic = "\x93NUMPY";
constexpr size_t kVersionAt = 6, kLengthAt = 8;
constexpr std::uint64_t kLongestHeader = std::uint64_t{1} << 20;
constexpr size_t kMostDimensions = 64;  // NumPy's own limit

const std::map<char, const char*> kNoNumbers{
    {'O', "Python objects"}, {'S', "texts"},     {'a', "texts"},           {'U', "texts"},
    {'M', "dates"},          {'m', "durations"}, {'c', "complex numbers"}, {'V', "raw bytes"}};

/// The header's dictionary.
class NpyHeader {
 public:
  NpyHeader(std::string_view text, size_t begin, const std::string& file, NumberArray& array)
      : text_(text), begin_(begin), file_(file), array_(array) {}

  void read() {
    take('{');
    while (!taken('}')) {
      readEntry();
      if (taken(',')) continue;
      take('}');
      break;
    }
    skipSpaces();
    if (at_ < text_.size()) failHere("the end of the header");
    for (const char* key : {"descr", "fortran_order", "shape"})
      if (!seen_[key]) fail("{}: byte {}: the header has no {}", file_, begin_, key);
  }

 private:
  void readEntry() {
    skipSpaces();
    const auto place = at_;
    const auto key = readText();
    if (seen_[key])
      fail("{}: byte {}: \"{}\" stands there twice", file_, begin_ + place, shown(key));
    take(':');
    if (key == "descr")
      readType();
    else if (key == "fortran_order")
      array_.fortranOrder = readBoolean();
    else if (key == "shape")
      readShape();
    else
      fail("{}: byte {}: expected descr, fortran_order or shape, found \"{}\"", file_,
           begin_ + place, shown(key));
    seen_[key] = true;
  }

  /// Without escapes: none of the three keys and no type needs one.
  std::string readText() {
    skipSpaces();
    const char quote = peek();
    if (quote != '\'' && quote != '"') failHere("a text in quotes");
    const auto end = text_.find(quote, at_ + 1);
    if (end == text_.npos) failHere("a text that ends");
    const auto text = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return std::string(text);
  }

  void readType() {
    skipSpaces();
    if (peek() == '[') {
      array_.problem = "records of several fields";
      return skipList();
    }
    const auto place = at_;
    const auto text = readText();
    const auto code = text.find_first_not_of("<>=|");
    if (!readNumberType(text, code) && array_.problem.empty())
      fail("{}: byte {}: expected a type such as <f4, found \"{}\"", file_, begin_ + place,
           shown(text));
  }

  /// "<f4": order of the bytes, kind, number of bytes.
  bool readNumberType(const std::string& text, size_t code) {
    static const std::map<std::string, ElementType> kTypes = [] {
      using Kind = ElementType::Kind;
      std::map<std::string, ElementType> types{{"b1", {Kind::boolean, 1}}};
      for (const size_t bytes : {1, 2, 4, 8}) {
        types["i" + std::to_string(bytes)] = {Kind::integer, bytes};
        types["u" + std::to_string(bytes)] = {Kind::natural, bytes};
        if (bytes > 1) types["f" + std::to_string(bytes)] = {Kind::real, bytes};
      }
      return types;
    }();
    if (code == text.npos) return false;
    const auto sized = text.substr(code);
    const auto found = kTypes.find(sized);
    if (found != kTypes.end() && code == 1) {
      array_.type = found->second;
      array_.type.bigEndian = text[0] == '>';
      return text[0] != '|' || array_.type.bytes == 1;
    }
    const auto known = kNoNumbers.find(text[code]);
    const bool isLong = sized == "f12" || sized == "f16";
    if (known != kNoNumbers.end() || isLong)
      array_.problem = fmt::format("{} ({})", isLong ? "long numbers" : known->second, shown(text));
    return false;
  }

  void skipList() {
    size_t depth = 0;
    do {
      const char c = peek();
      if (c == '\'' || c == '"') {
        readText();
        continue;
      }
      if (at_ >= text_.size()) failHere("the end of a list");
      depth += c == '[' || c == '(';
      depth -= c == ']' || c == ')';
      ++at_;
    } while (depth > 0);
  }

  bool readBoolean() {
    skipSpaces();
    for (const bool value : {true, false})
      if (const std::string_view word = value ? "True" : "False";
          text_.substr(at_).starts_with(word)) {
        at_ += word.size();
        return value;
      }
    failHere("True or False");
  }

  void readShape() {
    take('(');
    while (!taken(')')) {
      array_.shape.push_back(readSize());
      if (array_.shape.size() > kMostDimensions)
        failHere(fmt::format("at most {} dimensions", kMostDimensions));
      if (taken(',')) continue;
      take(')');
      break;
    }
  }

  std::int64_t readSize() {
    skipSpaces();
    std::int64_t size = 0;
    const auto* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, size);
    if (error != std::errc() || size < 0) failHere("a size from 0 to 9223372036854775807");
    at_ = static_cast<size_t>(stop - text_.data());
    if (peek() == 'L') ++at_;  // of Python 2
    return size;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skipSpaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool taken(char c) {
    skipSpaces();
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void take(char c) {
    if (!taken(c)) failHere(std::string(1, c));
  }

  static std::string shown(std::string_view text) { return printable(cutAt(text, 40)); }

  [[noreturn]] void failHere(const std::string& expected) const {
    if (at_ >= text_.size())
      fail("{}: byte {}: expected {}, found the end of the header", file_, begin_ + text_.size(),
           expected);
    fail("{}: byte {}: expected {}, found \"{}\"", file_, begin_ + at_, expected,
         shown(text_.substr(at_, 10)));
  }

  std::string_view text_;
  size_t begin_;
  const std::string& file_;
  NumberArray& array_;
  size_t at_ = 0;
  std::map<std::string, bool> seen_;
};

std::uint64_t littleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;)
    value = value * 256 + static_cast<unsigned char>(bytes[i]);
  return value;
}

[[noreturn]] void failInHeader(const Stretch& stretch) {
  fail("{}: byte {}: the file ends inside the NPY header; fetch it again", stretch.name,
       stretch.size);
}

/// Bytes of the header's length, by the version.
size_t lengthSize(StretchReader& reader, const Stretch& stretch) {
  const auto front =
      reader.text(static_cast<size_t>(std::min<std::uint64_t>(kLengthAt, stretch.size)));
  const auto magic = std::string_view(front).substr(0, kVersionAt);
  for (size_t i = 0; i < magic.size(); ++i)
    if (magic[i] != kMagic[i])
      fail("{}: byte {}: expected \\x93NUMPY, found 0x{:02x}; this is no NPY file", stretch.name, i,
           static_cast<unsigned char>(magic[i]));
  if (front.size() < kLengthAt) failInHeader(stretch);
  const int major = static_cast<unsigned char>(front[kVersionAt]);
  const int minor = static_cast<unsigned char>(front[kVersionAt + 1]);
  if (major < 1 || major > 3 || minor != 0)
    fail("{}: byte {}: expected the NPY version 1.0, 2.0 or 3.0, found {}.{}", stretch.name,
         kVersionAt, major, minor);
  return major == 1 ? 2 : 4;
}

}  // namespace

NumberArray openNpy(const Stretch& stretch, std::string name) {
  NumberArray array;
  array.name = std::move(name);
  array.stretch = stretch;
  StretchReader reader(stretch);
  const auto size = lengthSize(reader, stretch);
  if (reader.left() < size) failInHeader(stretch);
  const auto length = littleEndian(reader.text(size));
  if (length > kLongestHeader)
    fail(
        "{}: byte {}: a header of {} bytes is longer than {}; this is no NPY file that NumPy "
        "writes",
        stretch.name, kLengthAt, length, kLongestHeader);
  if (reader.left() < length) failInHeader(stretch);
  const auto begin = reader.position();
  const auto text = reader.text(static_cast<size_t>(length));
  NpyHeader(text, static_cast<size_t>(begin), stretch.name, array).read();
  array.begin = begin + length;
  if (array.problem.empty()) requireElements(array);
  return array;
}

}  // namespace eq::data
