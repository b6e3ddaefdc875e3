#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace eq::data {

/// Bytes that are read where they are: a file, which stays open and may be larger than the memory,
/// or a text in memory.
class Bytes {
 public:
  virtual ~Bytes() = default;
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;

  const std::string& name() const { return name_; }  ///< for messages
  std::uint64_t size() const { return size_; }

  /// \throws Error `x.npz: byte 17: the file ends here ...` where there are not so many.
  virtual void read(std::uint64_t at, char* out, size_t count) const = 0;

  /// The same as a text. \pre at + count <= size().
  std::string text(std::uint64_t at, size_t count) const;

 protected:
  Bytes(std::string name, std::uint64_t size) : name_(std::move(name)), size_(size) {}

 private:
  std::string name_;
  std::uint64_t size_;
};

/// \throws Error naming the file when it cannot be read.
std::shared_ptr<const Bytes> openFile(const std::filesystem::path& file);

std::shared_ptr<const Bytes> inMemory(std::string bytes, std::string name);

}  // namespace eq::data
