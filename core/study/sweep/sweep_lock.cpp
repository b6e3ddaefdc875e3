#include <cerrno>
#include <chrono>
#include <fstream>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "core/run/atomic_file.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;

fs::path lockFile(const fs::path& folder) {
  return folder / "sweep.lock";
}

struct flock wholeLock(short type) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool isHeldNow(const fs::path& folder) {
  const int descriptor = ::open(lockFile(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  auto lock = wholeLock(F_RDLCK);
  const bool asked = ::fcntl(descriptor, F_OFD_GETLK, &lock) == 0;
  ::close(descriptor);
  return asked && lock.l_type != F_UNLCK;
}

}  // namespace

SweepState stateOf(const fs::path& folder) {
  if (isHeldNow(folder)) return SweepState::running;
  std::string noted;
  std::ifstream(lockFile(folder)) >> noted;
  for (const auto state :
       {SweepState::finished, SweepState::failed, SweepState::stopped, SweepState::submitted})
    if (noted == toText(state)) return state;
  return noted.empty() ? SweepState::stopped : SweepState::died;
}

void noteSubmitted(const fs::path& folder) {
  run::writeAtomically(lockFile(folder), toText(SweepState::submitted) + "\n");
}

SweepLock::SweepLock(const fs::path& folder, const std::function<bool()>& stop,
                     const std::function<void()>& wait) {
  const auto file = lockFile(folder);
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw run::fileError(file, "cannot be written", errno);
  bool told = false;
  while (!stop()) {
    auto lock = wholeLock(F_WRLCK);
    held_ = ::fcntl(descriptor_, F_OFD_SETLK, &lock) == 0;
    if (held_) return;
    const int code = errno;
    if (code != EAGAIN && code != EACCES) {
      ::close(descriptor_);
      throw run::fileError(file, "cannot be locked", code);
    }
    if (!std::exchange(told, true)) wait();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

SweepLock::~SweepLock() {
  ::close(descriptor_);
}

void SweepLock::note(SweepState state) {
  const auto text = toText(state) + "\n";
  if (::ftruncate(descriptor_, 0) != 0 ||
      ::pwrite(descriptor_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    throw run::fileError("sweep.lock", "cannot be written", errno);
}

}  // namespace eq::study
