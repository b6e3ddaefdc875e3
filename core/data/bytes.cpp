#include "core/data/bytes.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/error.h"

namespace eq::data {
namespace {

[[noreturn]] void failAtEnd(const Bytes& bytes, std::uint64_t at) {
  fail(
      "{}: byte {}: the file ends here, and more is to be read; it is cut off or was changed: "
      "fetch it again",
      bytes.name(), at);
}

/// A file that shrinks meanwhile is an error; a mapping into memory would end the process.
class FileBytes : public Bytes {
 public:
  FileBytes(int descriptor, const std::string& name, std::uint64_t size)
      : Bytes(name, size), descriptor_(descriptor) {}
  ~FileBytes() override { ::close(descriptor_); }

  void read(std::uint64_t at, char* out, size_t count) const override {
    while (count > 0) {
      const auto got = ::pread(descriptor_, out, count, static_cast<off_t>(at));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail("{}: byte {}: reading failed: {}", name(), at, std::strerror(errno));
      if (got == 0) failAtEnd(*this, at);
      at += static_cast<std::uint64_t>(got), out += got, count -= static_cast<size_t>(got);
    }
  }

 private:
  int descriptor_;
};

class TextBytes : public Bytes {
 public:
  TextBytes(std::string bytes, std::string name)
      : Bytes(std::move(name), bytes.size()), bytes_(std::move(bytes)) {}

  void read(std::uint64_t at, char* out, size_t count) const override {
    if (at > bytes_.size() || count > bytes_.size() - at)
      failAtEnd(*this, std::max<std::uint64_t>(at, bytes_.size()));
    std::copy_n(bytes_.data() + at, count, out);
  }

 private:
  std::string bytes_;
};

}  // namespace

std::string Bytes::text(std::uint64_t at, size_t count) const {
  std::string text(count, '\0');
  read(at, text.data(), count);
  return text;
}

std::shared_ptr<const Bytes> openFile(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat facts {};
  if (descriptor < 0 || ::fstat(descriptor, &facts) != 0) {
    const int reason = errno;
    if (descriptor >= 0) ::close(descriptor);
    fail("{}: cannot be read: {}", file.string(), std::strerror(reason));
  }
  auto bytes = std::make_shared<FileBytes>(descriptor, file.string(),
                                           static_cast<std::uint64_t>(facts.st_size));
  if (!S_ISREG(facts.st_mode)) fail("{}: expected a file, found something else", file.string());
  return bytes;
}

std::shared_ptr<const Bytes> inMemory(std::string bytes, std::string name) {
  return std::make_shared<TextBytes>(std::move(bytes), std::move(name));
}

}  // namespace eq::data
