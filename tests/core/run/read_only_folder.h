#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <QTemporaryDir>

/// A folder that may not be written, for everybody: root, who may write anywhere, is somebody else
/// while this lives.
class ReadOnlyFolder {
 public:
  ReadOnlyFolder(const QTemporaryDir& parent, const char* folder) : folder_(folder) {
    ::chmod(parent.path().toUtf8().constData(), 0755);
    ::chmod(folder_, 0555);
    if (::geteuid() == 0) wasRoot_ = ::seteuid(kNobody) == 0;
  }
  ~ReadOnlyFolder() {
    if (wasRoot_ && ::seteuid(0) != 0) qFatal("cannot become root again");
    ::chmod(folder_, 0755);
  }
  ReadOnlyFolder(const ReadOnlyFolder&) = delete;
  ReadOnlyFolder& operator=(const ReadOnlyFolder&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;
  const char* folder_;
  bool wasRoot_ = false;
};
