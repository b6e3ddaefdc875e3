#include "core/data/gzip.h"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <limits>

#include <zlib.h>

#include "core/base/error.h"

namespace eq::data {
namespace {

constexpr size_t kChunk = size_t{1} << 16;
constexpr int kGzipWindow = 15 + 16;  // the largest window, gzip header and checksum

bool isGzip(std::string_view bytes) {
  return bytes.starts_with("\x1f\x8b");
}

/// Inflates a stretch of memory, chunk by chunk.
class Inflater {
 public:
  Inflater(std::string_view packed, const std::string& name) : packed_(packed), name_(name) {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK)
      throw Error(name + ": zlib does not start", ErrorKind::failure);
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// Appends what comes next to `out`; false at the end of the data.
  bool next(std::string& out) {
    feed();
    const size_t before = out.size();
    out.resize(before + kChunk);
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
    stream_.avail_out = static_cast<uInt>(kChunk);
    const int answer = inflate(&stream_, Z_NO_FLUSH);
    out.resize(before + kChunk - stream_.avail_out);
    if (answer == Z_STREAM_END) return nextMember();
    if (answer == Z_BUF_ERROR && position() == packed_.size())
      fail("{}: byte {}: the compressed data end too early; the file is cut off: fetch it again",
           name_, position());
    if (answer != Z_OK && answer != Z_BUF_ERROR)
      fail("{}: byte {}: the compressed data are broken ({}); fetch the file again", name_,
           position(), stream_.msg ? stream_.msg : zError(answer));
    return true;
  }

  /// The first byte behind the data that is no padding; npos without any.
  size_t rest() const { return rest_; }

 private:
  size_t position() const { return fed_ - stream_.avail_in; }

  void feed() {
    if (stream_.avail_in > 0) return;
    const size_t count = std::min<size_t>(packed_.size() - fed_, std::numeric_limits<uInt>::max());
    stream_.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(packed_.data() + fed_));  // zlib reads only
    stream_.avail_in = static_cast<uInt>(count);
    fed_ += count;
  }

  bool nextMember() {
    if (position() == packed_.size()) return false;
    const auto rest = packed_.substr(position());
    if (!isGzip(rest)) {
      const auto odd = rest.find_first_not_of('\0');  // tapes and block devices pad with zeros
      rest_ = odd == rest.npos ? rest.npos : position() + odd;
      return false;
    }
    inflateReset(&stream_);
    return true;
  }

  std::string_view packed_;
  const std::string& name_;
  z_stream stream_{};
  size_t fed_ = 0;
  size_t rest_ = std::string_view::npos;
};

[[noreturn]] void failTooLarge(const std::string& name, size_t limit) {
  fail("{}: holds more than {} MiB, the most that is read", name, limit >> 20);
}

/// All bytes, or some more than `limit` where there are more.
std::string readUpTo(const std::filesystem::path& file, size_t limit) {
  if (std::filesystem::is_directory(file))
    fail("{}: expected a file, found a folder", file.string());
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail("{}: cannot be read: {}", file.string(), std::strerror(errno));
  std::string bytes;
  while (stream && bytes.size() <= limit) {
    const size_t before = bytes.size();
    bytes.resize(before + kChunk);
    stream.read(bytes.data() + before, static_cast<std::streamsize>(kChunk));
    bytes.resize(before + static_cast<size_t>(stream.gcount()));
  }
  if (stream.bad()) fail("{}: byte {}: reading failed", file.string(), bytes.size());
  return bytes;
}

std::string readRaw(const std::filesystem::path& file, size_t limit) {
  auto bytes = readUpTo(file, limit);
  if (bytes.size() > limit) failTooLarge(file.string(), limit);
  return bytes;
}

}  // namespace

std::string inflateGzip(std::string_view packed, const std::string& name, size_t limit,
                        std::vector<Warning>& warnings) {
  Inflater inflater(packed, name);
  std::string out;
  bool more = true;
  while (more) {
    more = inflater.next(out);
    if (out.size() > limit) failTooLarge(name, limit);
  }
  if (inflater.rest() != std::string_view::npos)
    warnings.push_back({fmt::format("{}: byte {}", name, inflater.rest()),
                        fmt::format("{} bytes follow the end of the gzip data; they are not read",
                                    packed.size() - inflater.rest())});
  return out;
}

std::string readBytes(const std::filesystem::path& file, std::vector<Warning>& warnings,
                      size_t limit) {
  std::string bytes = readRaw(file, limit);
  return isGzip(bytes) ? inflateGzip(bytes, file.string(), limit, warnings) : bytes;
}

std::string readFront(const std::filesystem::path& file, size_t most, bool& whole) {
  std::string bytes = readUpTo(file, most);
  whole = bytes.size() <= most;
  if (!isGzip(bytes)) return bytes;
  // Deflate makes nothing longer by more than a few bytes a block: these inflate to as many.
  const std::string name = file.string();
  Inflater inflater(bytes, name);
  std::string out;
  bool more = true;
  while (more && out.size() <= most && (whole || out.size() + kChunk <= most))
    more = inflater.next(out);
  whole = whole && !more;
  return out;
}

}  // namespace eq::data
