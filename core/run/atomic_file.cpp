#include "core/run/atomic_file.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace eq::run {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporarySuffix = ".tmp";
constexpr const char* kUnreadable = "cannot be read";

std::string remedy(const std::string& what, int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "; free some space there, or choose another folder";
    case EACCES:
    case EPERM:
    case EROFS:
      return what == kUnreadable ? "; make it readable for you"
                                 : "; make it writable, or choose another folder";
    case ENOENT:
    case ENOTDIR:
      return "; check the path";
    case EMFILE:
    case ENFILE:
      return "; close some files or programs";
    default:
      return "";
  }
}

bool isMistake(int code) {
  return code == EACCES || code == EPERM || code == EROFS || code == ENOENT || code == ENOTDIR ||
         code == EISDIR || code == ENAMETOOLONG;
}

/// A new file that is removed again unless `moveTo` succeeded.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    for (int attempt = 0; descriptor_ < 0; ++attempt) {
      path_ = target.parent_path() / fmt::format(".{}.{}-{}{}", target.filename().string(),
                                                 ::getpid(), attempt, kTemporarySuffix);
      descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      if (descriptor_ < 0 && errno != EEXIST) throw failed(errno);
    }
  }
  ~TemporaryFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
    if (!moved_) ::unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw failed(errno);
      if (count == 0) throw failed(ENOSPC);
      bytes.remove_prefix(static_cast<size_t>(count));
    }
  }

  void syncAndClose() {
    if (::fsync(descriptor_) != 0) throw failed(errno);
    const int closed = ::close(descriptor_);
    descriptor_ = -1;
    if (closed != 0) throw failed(errno);
  }

  void moveToTarget() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw failed(errno);
    moved_ = true;
  }

 private:
  Error failed(int code) const { return fileError(target_, "cannot be written", code); }

  fs::path target_;
  fs::path path_;
  int descriptor_ = -1;
  bool moved_ = false;
};

fs::path resolved(const fs::path& file) {
  std::error_code ignored;
  const fs::path real = fs::is_symlink(file, ignored) ? fs::weakly_canonical(file) : file;
  if (fs::is_directory(real, ignored)) fail("{}: cannot be written: it is a folder", file.string());
  if (fs::exists(real, ignored) && !fs::is_regular_file(real, ignored))
    fail("{}: cannot be written: it is not a regular file", file.string());
  return real.has_parent_path() ? real : "." / real;
}

}  // namespace

Error fileError(const fs::path& file, const std::string& what, int code) {
  return Error(
      fmt::format("{}: {}: {}{}", file.string(), what, std::strerror(code), remedy(what, code)),
      isMistake(code) ? ErrorKind::user : ErrorKind::failure);
}

void writeAtomically(const fs::path& file, std::string_view bytes) {
  const fs::path target = resolved(file);
  TemporaryFile temporary(target);
  temporary.write(bytes);
  temporary.syncAndClose();
  temporary.moveToTarget();
  syncFolder(target.parent_path());
}

void syncFolder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw fileError(folder, "cannot be synced", errno);
  const int code = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (code != 0 && code != EINVAL) throw fileError(folder, "cannot be synced", code);
}

void makeFolders(const fs::path& folder) {
  std::error_code code;
  if (folder.empty() || fs::is_directory(folder, code)) return;
  const fs::path parent = folder.parent_path();
  makeFolders(parent);
  makeFolder(folder);
  syncFolder(parent.empty() ? "." : parent);
}

std::vector<fs::path> entriesOf(const fs::path& folder, std::error_code& code) {
  std::vector<fs::path> entries;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end;
       entry.increment(code))
    entries.push_back(entry->path());
  return entries;
}

void removeLeftovers(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : entriesOf(folder, ignored)) {
    const std::string name = entry.filename().string();
    if (name.starts_with('.') && name.ends_with(kTemporarySuffix)) fs::remove(entry, ignored);
  }
}

void makeFolder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST)
    throw fileError(folder, "cannot be made", errno);
}

void renameFile(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw fileError(from, "cannot be renamed", errno);
}

std::string readWhole(const fs::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw fileError(file, kUnreadable, errno);
  struct stat status {};
  std::string bytes;
  int code = ::fstat(descriptor, &status) == 0 ? 0 : errno;
  if (code == 0) bytes.resize(static_cast<size_t>(status.st_size));
  size_t done = 0;
  while (code == 0 && done < bytes.size()) {
    const ssize_t count = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (count == 0) break;
    if (count > 0)
      done += static_cast<size_t>(count);
    else if (errno != EINTR)
      code = errno;
  }
  ::close(descriptor);
  if (code != 0) throw fileError(file, kUnreadable, code);
  bytes.resize(done);
  return bytes;
}

}  // namespace eq::run
