#include "core/data/arrays/stretch.h"

#include <algorithm>
#include <limits>

#include <zlib.h>

#include "core/base/error.h"

namespace eq::data {
namespace {

constexpr size_t kFeed = size_t{1} << 16;
constexpr int kRawWindow = -15;  // the largest window, no header, no checksum

}  // namespace

Stretch Stretch::whole(std::shared_ptr<const Bytes> bytes) {
  const auto size = bytes->size();
  const auto name = bytes->name();
  return {name, std::move(bytes), 0, size, size};
}

StretchReader::StretchReader(const Stretch& stretch) : stretch_(stretch) {
  if (!stretch.deflated) return;
  zlib_ = std::make_unique<z_stream>();
  if (inflateInit2(zlib_.get(), kRawWindow) != Z_OK)
    throw Error(stretch.name + ": zlib does not start", ErrorKind::failure);
  feed_.resize(kFeed);
}

StretchReader::~StretchReader() {
  if (zlib_) inflateEnd(zlib_.get());
}

void StretchReader::read(char* out, size_t count) {
  if (count == 0) return;
  if (stretch_.deflated)
    inflateInto(out, count);
  else
    readStored(out, count);
  position_ += count;
  if (!stretch_.checksum) return;
  crc_ = static_cast<std::uint32_t>(crc32_z(crc_, reinterpret_cast<const Bytef*>(out), count));
  if (left() == 0) finish();
}

std::string StretchReader::text(size_t count) {
  std::string text(count, '\0');
  read(text.data(), count);
  return text;
}

void StretchReader::readStored(char* out, size_t count) {
  stretch_.bytes->read(stretch_.begin + position_, out, count);
}

std::uint64_t StretchReader::placeInFile() const {
  return stretch_.begin + fed_ - zlib_->avail_in;
}

void StretchReader::feed() {
  if (zlib_->avail_in > 0) return;
  const auto count =
      static_cast<size_t>(std::min<std::uint64_t>(stretch_.packed - fed_, feed_.size()));
  stretch_.bytes->read(stretch_.begin + fed_, feed_.data(), count);
  fed_ += count;
  zlib_->next_in = reinterpret_cast<Bytef*>(feed_.data());
  zlib_->avail_in = static_cast<uInt>(count);
}

void StretchReader::inflateInto(char* out, size_t count) {
  const auto& file = stretch_.bytes->name();
  while (count > 0) {
    if (ended_)
      fail(
          "{}: byte {}: the deflated data end after {} bytes, the directory promises {}; the file "
          "is broken: fetch it again",
          stretch_.name, zlib_->total_out, zlib_->total_out, stretch_.size);
    feed();
    const auto most = std::min<size_t>(count, std::numeric_limits<uInt>::max());
    zlib_->next_out = reinterpret_cast<Bytef*>(out);
    zlib_->avail_out = static_cast<uInt>(most);
    const int answer = inflate(zlib_.get(), Z_NO_FLUSH);
    const size_t got = most - zlib_->avail_out;
    out += got, count -= got;
    ended_ = answer == Z_STREAM_END;
    if (answer == Z_BUF_ERROR && fed_ == stretch_.packed)
      fail("{}: byte {}: the deflated data of {} end too early; the file is broken: fetch it again",
           file, placeInFile(), stretch_.name);
    if (answer != Z_OK && answer != Z_BUF_ERROR && !ended_)
      fail("{}: byte {}: the deflated data of {} are broken ({}); fetch the file again", file,
           placeInFile(), stretch_.name, zlib_->msg ? zlib_->msg : zError(answer));
  }
}

void StretchReader::finish() {
  if (crc_ != *stretch_.checksum)
    fail(
        "{}: byte {}: the checksum of the {} bytes is {:08x}, the directory says {:08x}; the file "
        "is broken: fetch it again",
        stretch_.name, stretch_.size, stretch_.size, crc_, *stretch_.checksum);
}

}  // namespace eq::data
