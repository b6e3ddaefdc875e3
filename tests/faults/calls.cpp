// Preloaded into a program (LD_PRELOAD), it stands between it and the calls by which files below a
// folder are changed and read. What happens is said by the environment:
//   EQUIPOISE_FAULT_FOLDER  the folder
//   EQUIPOISE_FAULT_KIND    kill: the process ends instead of the n-th changing call;
//                           short: the n-th call, a write, writes half;
//                           a number: the n-th call fails with this errno
//   EQUIPOISE_FAULT_AT      n, from 1
//   EQUIPOISE_FAULT_STAYS   when set: so does each later changing call
//   EQUIPOISE_FAULT_COUNT   a file that has n in it once the n-th call has come
//   EQUIPOISE_FAULT_LOG     a file in which each call that was made is written down: a line of
//                           name, path, number, size of the bytes that follow, size of the file
//                           that standard error is, and of a sync who asked for it, separated by
//                           tabs; then the bytes
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

std::atomic<long> calls{0};

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool isBelow(const std::string& path) {
  static const std::string folder = setting("EQUIPOISE_FAULT_FOLDER");
  return !folder.empty() && path.starts_with(folder);
}

std::string pathOf(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto size = ::syscall(SYS_readlinkat, AT_FDCWD, link.c_str(), path, sizeof path);
  return size > 0 ? std::string(path, static_cast<std::size_t>(size)) : std::string();
}

std::string pathAt(int folder, const char* path) {
  return folder == AT_FDCWD || path[0] == '/' ? path : pathOf(folder) + '/' + path;
}

/// Who asked for a sync: SQLite, or the innermost two calls in the program, as `addr2line` takes
/// them. The same place in the source has the same text in every run.
std::string callersHere() {
  Dl_info program{}, found{};
  ::dladdr(reinterpret_cast<void*>(::getauxval(AT_ENTRY)), &program);
  void* frames[48];
  const int count = ::backtrace(frames, 48);
  std::string text;
  int callers = 0;
  for (int i = 0; i < count; ++i) {
    if (::dladdr(frames[i], &found) == 0) continue;
    if (std::strstr(found.dli_fname, "sqlite") != nullptr) return "SQLite";
    if (found.dli_fbase != program.dli_fbase || ++callers > 2) continue;
    const auto place = static_cast<char*>(frames[i]) - static_cast<char*>(found.dli_fbase);
    char number[32];
    std::snprintf(number, sizeof number, "%lx ", static_cast<unsigned long>(place));
    text += number;
  }
  return text;
}

void countReached(long number) {
  const std::string count = setting("EQUIPOISE_FAULT_COUNT");
  if (count.empty()) return;
  const auto file =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, count.c_str(), O_WRONLY | O_CREAT, 0666));
  const std::string text = std::to_string(number);
  ::syscall(SYS_pwrite64, file, text.data(), text.size(), 0);
  ::syscall(SYS_close, file);
}

enum class Effect { none, fail, half };

/// What becomes of the next call. \param changes files: only such calls end the process.
Effect effectOf(const std::string& path, bool changes, bool writes = false) {
  static const std::string kind = setting("EQUIPOISE_FAULT_KIND");
  static const long at = std::atol(setting("EQUIPOISE_FAULT_AT").c_str());
  static const bool stays = !setting("EQUIPOISE_FAULT_STAYS").empty();
  static const bool changesOnly = kind == "kill" || stays;
  static const bool writesOnly = kind == "short";
  if (!isBelow(path) || (changesOnly && !changes) || (writesOnly && !writes)) return Effect::none;
  const long number = ++calls;
  if (kind.empty() || number < at || (number > at && !stays)) return Effect::none;
  countReached(number);
  if (kind == "kill") ::syscall(SYS_kill, ::getpid(), SIGKILL);
  if (kind == "short") return Effect::half;
  errno = std::atoi(kind.c_str());
  return Effect::fail;
}

void note(const char* name, const std::string& path, long number = 0, const void* bytes = nullptr,
          std::size_t size = 0) {
  static const std::string log = setting("EQUIPOISE_FAULT_LOG");
  if (log.empty() || !isBelow(path)) return;
  static const int file = static_cast<int>(::syscall(
      SYS_openat, AT_FDCWD, log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  struct stat said {};
  ::fstat(2, &said);
  std::string line = std::string(name) + '\t' + path + '\t' + std::to_string(number) + '\t' +
                     std::to_string(size) + '\t' + std::to_string(said.st_size) + '\t' +
                     (std::strcmp(name, "sync") == 0 ? callersHere() : "") + '\n';
  line.append(static_cast<const char*>(bytes), size);
  ::syscall(SYS_write, file, line.data(), line.size());
}

int openFile(int folder, const char* path, int flags, mode_t mode) {
  const std::string place = pathAt(folder, path);
  const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
  struct stat found {};
  const bool isThere = ::stat(place.c_str(), &found) == 0;
  if (effectOf(place, changes) == Effect::fail) return -1;
  const auto file = static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
  if (file >= 0 && (flags & O_CREAT) != 0 && !isThere) note("create", place);
  if (file >= 0 && (flags & O_TRUNC) != 0 && isThere) note("truncate", place, 0);
  return file;
}

mode_t modeOf(int flags, va_list list) {
  return (flags & O_CREAT) != 0 ? va_arg(list, mode_t) : 0;
}

ssize_t writeAt(int file, const void* bytes, std::size_t size, off_t offset, bool isPlaced) {
  const std::string path = pathOf(file);
  const auto effect = effectOf(path, true, true);
  if (effect == Effect::fail) return -1;
  if (effect == Effect::half) size = (size + 1) / 2;
  if (!isPlaced && isBelow(path)) offset = ::lseek(file, 0, SEEK_CUR);
  const auto written = isPlaced ? ::syscall(SYS_pwrite64, file, bytes, size, offset)
                                : ::syscall(SYS_write, file, bytes, size);
  if (written > 0) note("write", path, offset, bytes, static_cast<std::size_t>(written));
  return written;
}

int sync(long call, int file) {
  const std::string path = pathOf(file);
  if (effectOf(path, true) == Effect::fail) return -1;
  const auto result = static_cast<int>(::syscall(call, file));
  if (result == 0) note("sync", path);
  return result;
}

int truncate(int file, off_t size) {
  const std::string path = pathOf(file);
  if (effectOf(path, true) == Effect::fail) return -1;
  const auto result = static_cast<int>(::syscall(SYS_ftruncate, file, size));
  if (result == 0) note("truncate", path, size);
  return result;
}

int removeAt(int folder, const char* path, int flags) {
  const std::string place = pathAt(folder, path);
  if (effectOf(place, true) == Effect::fail) return -1;
  const auto result = static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags));
  if (result == 0) note("unlink", place);
  return result;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = modeOf(flags, list);
  va_end(list);
  return openFile(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = modeOf(flags, list);
  va_end(list);
  return openFile(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = modeOf(flags, list);
  va_end(list);
  return openFile(folder, path, flags, mode);
}
struct dirent* readdir(DIR* folder) {
  static const auto next =
      reinterpret_cast<struct dirent* (*)(DIR*)>(::dlsym(RTLD_NEXT, "readdir"));
  return effectOf(pathOf(::dirfd(folder)), false) == Effect::fail ? nullptr : next(folder);
}
ssize_t write(int file, const void* bytes, size_t size) {
  return writeAt(file, bytes, size, 0, false);
}
ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return writeAt(file, bytes, size, offset, true);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  return writeAt(file, bytes, size, offset, true);
}
ssize_t read(int file, void* bytes, size_t size) {
  if (effectOf(pathOf(file), false) == Effect::fail) return -1;
  return ::syscall(SYS_read, file, bytes, size);
}
ssize_t pread64(int file, void* bytes, size_t size, off64_t offset) {
  if (effectOf(pathOf(file), false) == Effect::fail) return -1;
  return ::syscall(SYS_pread64, file, bytes, size, offset);
}
int ftruncate(int file, off_t size) noexcept {
  return truncate(file, size);
}
int ftruncate64(int file, off64_t size) noexcept {
  return truncate(file, size);
}
int fsync(int file) {
  return sync(SYS_fsync, file);
}
int fdatasync(int file) {
  return sync(SYS_fdatasync, file);
}
int close(int file) {
  const bool fails = effectOf(pathOf(file), false) == Effect::fail;
  const int code = errno;
  const auto result = static_cast<int>(::syscall(SYS_close, file));
  if (fails) errno = code;
  return fails ? -1 : result;
}
int rename(const char* from, const char* to) noexcept {
  if (effectOf(to, true) == Effect::fail) return -1;
  const auto result = static_cast<int>(::syscall(SYS_rename, from, to));
  if (result == 0) note("rename", from, 0, to, std::strlen(to));
  return result;
}
int unlink(const char* path) noexcept {
  return removeAt(AT_FDCWD, path, 0);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return removeAt(folder, path, flags);
}
int remove(const char* path) noexcept {
  struct stat found {};
  const bool isFolder = ::lstat(path, &found) == 0 && S_ISDIR(found.st_mode);
  return removeAt(AT_FDCWD, path, isFolder ? AT_REMOVEDIR : 0);
}
int mkdir(const char* path, mode_t mode) noexcept {
  if (effectOf(path, true) == Effect::fail) return -1;
  const auto result = static_cast<int>(::syscall(SYS_mkdir, path, mode));
  if (result == 0) note("mkdir", path);
  return result;
}

}  // extern "C"
