#include "core/run/run_lock.h"

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include "core/base/error.h"
#include "core/run/atomic_file.h"

namespace eq::run {
namespace {

// Locks of the open file: unlike flock, they can be asked after without being taken.
struct flock wholeFile(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

RunLock::RunLock(const std::filesystem::path& folder) {
  const auto file = folder / "lock";
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw fileError(file, "cannot be written", errno);
  auto lock = wholeFile(F_WRLCK);
  if (::fcntl(descriptor_, F_OFD_SETLK, &lock) == 0) return;
  const int code = errno;
  ::close(descriptor_);
  if (code != EAGAIN && code != EACCES) throw fileError(file, "cannot be locked", code);
  fail("{}: is being trained by another program or window; stop it there first", folder.string());
}

RunLock::~RunLock() {
  ::close(descriptor_);
}

bool RunLock::isHeld(const std::filesystem::path& folder) {
  const int descriptor = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  auto lock = wholeFile(F_RDLCK);
  const bool asked = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0;
  ::close(descriptor);
  return asked && lock.l_type != F_UNLCK;
}

}  // namespace eq::run
