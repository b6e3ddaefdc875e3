#include "core/study/sweep/sweep_control.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/json_file.h"
#include "core/run/atomic_file.h"
#include "core/study/sweep/sweep_folder.h"

namespace eq::study {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

fs::path controlFile(const fs::path& folder) {
  return folder / "control.json";
}

/// Held from a read to the write that follows; a file of its own, as the other is replaced.
class ControlLock {
 public:
  explicit ControlLock(const fs::path& folder) {
    const auto file = folder / "control.lock";
    descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw run::fileError(file, "cannot be written", errno);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    while (::fcntl(descriptor_, F_OFD_SETLKW, &lock) != 0)
      if (const int code = errno; code != EINTR) {
        ::close(descriptor_);
        throw run::fileError(file, "cannot be locked", code);
      }
  }
  ~ControlLock() { ::close(descriptor_); }
  ControlLock(const ControlLock&) = delete;
  ControlLock& operator=(const ControlLock&) = delete;

 private:
  int descriptor_ = -1;
};

json controlToJson(const SweepControl& control) {
  json value{{"paused", control.paused},       {"queued", control.queued},
             {"waits", control.waits},         {"first", control.first},
             {"cancelled", control.cancelled}, {"retried", control.retried}};
  if (control.workers) value["workers"] = *control.workers;
  return value;
}

/// What is not given was not asked for.
SweepControl controlFromJson(const json& value) {
  SweepControl control;
  control.paused = value.value("paused", false);
  control.queued = value.value("queued", false);
  control.waits = value.value("waits", false);
  control.first = value.value("first", control.first);
  control.cancelled = value.value("cancelled", control.cancelled);
  control.retried = value.value("retried", control.retried);
  if (value.contains("workers")) control.workers = value.at("workers").get<std::int64_t>();
  return control;
}

}  // namespace

SweepControl controlOf(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::exists(controlFile(folder), ignored)) return {};
  try {
    return controlFromJson(readJsonFile(controlFile(folder)));
  } catch (const std::exception&) {  // somebody has edited it
    return {};
  }
}

void changeControl(const fs::path& folder, const std::function<void(SweepControl&)>& change) {
  const ControlLock lock(folder);
  const auto before = controlOf(folder);
  auto after = before;
  change(after);
  if (after == before) return;
  run::writeAtomically(controlFile(folder), controlToJson(after).dump(1) + "\n");
}

fs::path waitsFor(const fs::path& folder) {
  const auto whole = fs::absolute(folder).lexically_normal();
  const auto place = whole.has_filename() ? whole : whole.parent_path();
  std::error_code ignored;
  auto others = run::entriesOf(place.parent_path(), ignored);
  std::sort(others.begin(), others.end());
  for (const auto& other : others) {
    if (other.filename() >= place.filename()) break;
    if (isSweep(other) && stateOf(other) == SweepState::running && !controlOf(other).paused)
      return other;
  }
  return {};
}

}  // namespace eq::study
