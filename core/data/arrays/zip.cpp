#include "core/data/arrays/zip.h"

#include <algorithm>
#include <initializer_list>
#include <set>
#include <string_view>

#include "core/base/error.h"
#include "core/base/text.h"

namespace eq::data {
namespace {

// APPNOTE.TXT of PKWARE, 4.3: each member behind a local header; then the directory; at the end its
// record, behind that of ZIP64 and its locator where numbers are too large. All little-endian.
constexpr std::string_view kLocal = "PK\3\4", kEntry = "PK\1\2", kEnd = "PK\5\6", kEnd64 = "PK\6\6",
                           kLocator64 = "PK\6\7";
constexpr size_t kLocalSize = 30, kEntrySize = 46, kEndSize = 22, kEnd64Size = 56,
                 kLocator64Size = 20, kLongestComment = 0xffff;
constexpr std::uint64_t kIn64 = 0xffffffff;    // the number stands in the fields of ZIP64
constexpr unsigned kExtra64 = 1;               // their number
constexpr std::uint64_t kDeflateRatio = 1040;  // deflate packs a byte of 1,032 at most

/// Numbers of a stretch of the file.
class ZipFields {
 public:
  ZipFields(const Bytes& bytes, std::uint64_t at, std::uint64_t size, const char* what)
      : file_(bytes.name()), begin_(at) {
    if (at > bytes.size() || size > bytes.size() - at)
      fail("{}: byte {}: the file ends inside {}; it is cut off or broken: fetch it again", file_,
           bytes.size(), what);
    text_ = bytes.text(at, static_cast<size_t>(size));
  }

  std::uint64_t number(size_t at, size_t size) const {
    std::uint64_t value = 0;
    for (size_t i = size; i-- > 0;) value = value * 256 + static_cast<unsigned char>(text_[at + i]);
    return value;
  }
  bool begins(std::string_view signature, size_t at = 0) const {
    return std::string_view(text_).substr(at).starts_with(signature);
  }
  void require(std::string_view signature, const std::string& what, size_t at = 0) const {
    if (!begins(signature, at))
      fail("{}: byte {}: expected {}; the file is broken: fetch it again", file_, begin_ + at,
           what);
  }
  const std::string& text() const { return text_; }

 private:
  std::string file_;
  std::uint64_t begin_;
  std::string text_;
};

struct ZipDirectory {
  std::uint64_t begin = 0, size = 0, entries = 0;
};

/// The record at the end, which a comment may follow.
std::uint64_t endRecord(const Bytes& bytes) {
  const auto most = std::min<std::uint64_t>(bytes.size(), kEndSize + kLongestComment);
  const ZipFields tail(bytes, bytes.size() - most, most, "the file");
  for (size_t at = tail.text().size(); at-- > 0;) {
    if (!tail.begins(kEnd, at) || tail.text().size() - at < kEndSize) continue;
    if (at + kEndSize + tail.number(at + 20, 2) == tail.text().size())
      return bytes.size() - most + at;
  }
  fail("{}: byte {}: no ZIP directory ends here; the file is cut off, or no NPZ: fetch it again",
       bytes.name(), bytes.size());
}

ZipDirectory directory64(const Bytes& bytes, std::uint64_t end) {
  if (end < kLocator64Size)
    fail("{}: byte {}: the directory says that ZIP64 fields stand before it, and there are none",
         bytes.name(), end);
  const ZipFields locator(bytes, end - kLocator64Size, kLocator64Size, "the ZIP64 locator");
  locator.require(kLocator64, "the locator of a ZIP64 directory");
  const auto at = locator.number(8, 8);
  const ZipFields record(bytes, at, kEnd64Size, "the ZIP64 directory");
  record.require(kEnd64, "the record of a ZIP64 directory");
  return {record.number(48, 8), record.number(40, 8), record.number(32, 8)};
}

ZipDirectory findDirectory(const Bytes& bytes) {
  const auto end = endRecord(bytes);
  const ZipFields record(bytes, end, kEndSize, "the record of the directory");
  ZipDirectory directory{record.number(16, 4), record.number(12, 4), record.number(10, 2)};
  if (directory.begin == kIn64 || directory.size == kIn64 || directory.entries == 0xffff)
    directory = directory64(bytes, end);
  if (record.number(4, 2) != 0 && record.number(4, 2) != 0xffff)
    fail("{}: byte {}: the file is one of several of an archive; join them", bytes.name(), end + 4);
  if (directory.begin > end || directory.size > end - directory.begin)
    fail(
        "{}: byte {}: the directory is said to take the bytes {} to {}, but ends before {}; the "
        "file is broken: fetch it again",
        bytes.name(), end, directory.begin, directory.begin + directory.size, end);
  return directory;
}

/// Reads the entries of the directory.
class ZipReader {
 public:
  explicit ZipReader(const std::shared_ptr<const Bytes>& bytes)
      : bytes_(bytes),
        directory_(findDirectory(*bytes)),
        fields_(*bytes, directory_.begin, directory_.size, "the directory") {}

  std::vector<ZipMember> members() {
    for (std::uint64_t i = 0; i < directory_.entries; ++i) readEntry();
    if (at_ < directory_.size)
      failHere(fmt::format("the end after {} entries", directory_.entries));
    requireApart();
    return std::move(members_);
  }

 private:
  void readEntry() {
    if (directory_.size - at_ < kEntrySize) failHere("an entry of 46 bytes");
    fields_.require(kEntry, "an entry of the directory", at_);
    const auto nameSize = number(28, 2), extraSize = number(30, 2), commentSize = number(32, 2);
    const auto all = kEntrySize + nameSize + extraSize + commentSize;
    if (directory_.size - at_ < all) failHere(fmt::format("an entry of {} bytes", all));
    ZipMember member;
    member.name = fields_.text().substr(at_ + kEntrySize, static_cast<size_t>(nameSize));
    auto& stretch = member.stretch;
    stretch.name = fmt::format("{}: {}", bytes_->name(), printable(member.name));
    stretch.bytes = bytes_;
    requireReadable(stretch.name);
    stretch.deflated = number(10, 2) != 0;
    stretch.checksum = static_cast<std::uint32_t>(number(16, 4));
    stretch.packed = number(20, 4), stretch.size = number(24, 4);
    std::uint64_t local = number(42, 4);
    readExtra(at_ + kEntrySize + static_cast<size_t>(nameSize), static_cast<size_t>(extraSize),
              {&stretch.size, &stretch.packed, &local});
    place(member, local);
    if (!names_.insert(member.name).second) failHere("a name once, found " + stretch.name);
    members_.push_back(std::move(member));
    at_ += static_cast<size_t>(all);
  }

  std::uint64_t number(size_t at, size_t size) const { return fields_.number(at_ + at, size); }

  void requireReadable(const std::string& name) const {
    const auto method = number(10, 2);
    if ((number(8, 2) & 1) != 0)
      fail("{}: byte {}: it is encrypted; save it without", name, directory_.begin + at_ + 8);
    if (method != 0 && method != 8)
      fail(
          "{}: byte {}: expected the packing 0 (stored) or 8 (deflated), as np.savez and "
          "np.savez_compressed write, found {}",
          name, directory_.begin + at_ + 10, method);
  }

  /// Numbers that do not fit into 32 bits stand in the extra field, in this order.
  void readExtra(size_t at, size_t size, std::initializer_list<std::uint64_t*> numbers) const {
    const size_t end = at + size;
    while (end - at >= 4) {
      const auto id = fields_.number(at, 2), length = fields_.number(at + 2, 2);
      at += 4;
      if (length > end - at) break;
      const auto stop = at + static_cast<size_t>(length);
      for (auto* number : numbers)
        if (id == kExtra64 && *number == kIn64 && stop - at >= 8) {
          *number = fields_.number(at, 8);
          at += 8;
        }
      at = stop;
    }
  }

  /// Where the bytes of the member are, behind its local header.
  void place(ZipMember& member, std::uint64_t local) const {
    auto& stretch = member.stretch;
    const ZipFields header(*bytes_, local, kLocalSize, "a member's header");
    header.require(kLocal, "the header of " + printable(member.name));
    const auto nameSize = header.number(26, 2);
    const ZipFields name(*bytes_, local + kLocalSize, nameSize, "a member's name");
    if (name.text() != member.name)
      fail("{}: byte {}: expected the name {}, found \"{}\"; the file is broken: fetch it again",
           bytes_->name(), local + kLocalSize, printable(member.name), printable(name.text()));
    stretch.begin = local + kLocalSize + nameSize + header.number(28, 2);
    if (stretch.begin > directory_.begin || stretch.packed > directory_.begin - stretch.begin)
      fail(
          "{}: byte {}: the directory promises {} bytes from {} on, but begins at {}; the file is "
          "broken: fetch it again",
          stretch.name, directory_.begin + at_ + 20, stretch.packed, stretch.begin,
          directory_.begin);
    const bool fits = stretch.deflated ? stretch.size / kDeflateRatio <= stretch.packed
                                       : stretch.size == stretch.packed;
    if (!fits)
      fail(
          "{}: byte {}: the directory promises {} bytes, which {} bytes {} cannot hold; the file "
          "is broken: fetch it again",
          stretch.name, directory_.begin + at_ + 24, stretch.size, stretch.packed,
          stretch.deflated ? "deflated" : "stored");
  }

  /// Members that share bytes make a small file a large one.
  void requireApart() const {
    std::vector<const Stretch*> order;
    for (const auto& member : members_) order.push_back(&member.stretch);
    std::sort(order.begin(), order.end(),
              [](const auto* a, const auto* b) { return a->begin < b->begin; });
    for (size_t i = 1; i < order.size(); ++i)
      if (order[i]->begin < order[i - 1]->begin + order[i - 1]->packed)
        fail("{}: byte {}: its bytes are those of {} too; the file is broken: fetch it again",
             order[i]->name, order[i]->begin, order[i - 1]->name);
  }

  [[noreturn]] void failHere(const std::string& expected) const {
    fail("{}: byte {}: expected {}; the file is broken: fetch it again", bytes_->name(),
         directory_.begin + at_, expected);
  }

  std::shared_ptr<const Bytes> bytes_;
  ZipDirectory directory_;
  ZipFields fields_;
  size_t at_ = 0;  ///< in the directory
  std::set<std::string> names_;
  std::vector<ZipMember> members_;
};

}  // namespace

std::vector<ZipMember> zipMembers(const std::shared_ptr<const Bytes>& bytes) {
  return ZipReader(bytes).members();
}

}  // namespace eq::data
