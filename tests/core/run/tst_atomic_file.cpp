#include "core/run/atomic_file.h"

#include <functional>

#include <QTemporaryDir>
#include <QTest>

#include "core/run/full_disk.h"
#include "core/run/read_only_folder.h"
#include "tests/registry.h"

namespace {

namespace fs = std::filesystem;

using eq::run::readWhole;
using eq::run::writeAtomically;

std::string messageOf(const std::function<void()>& work, eq::ErrorKind kind) {
  try {
    work();
  } catch (const eq::Error& error) {
    return error.kind() == kind ? error.what() : std::string("wrong kind: ") + error.what();
  }
  return "nothing thrown";
}

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

class TestAtomicFile : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  fs::path path(const char* name) const { return fs::path(folder_.path().toStdString()) / name; }

 private Q_SLOTS:
  void writesAndReplaces() {
    const auto file = path("a.bin");
    std::string bytes(3'000'000, 'x');
    bytes[17] = '\0';
    writeAtomically(file, bytes);
    QVERIFY(readWhole(file) == bytes);
    writeAtomically(file, "short");
    QCOMPARE(readWhole(file), std::string("short"));
    writeAtomically(file, "");
    QCOMPARE(readWhole(file), std::string());
    QCOMPARE(entries(folder_.path().toStdString()), size_t{1});
    fs::remove(file);
  }

  void followsALink() {
    writeAtomically(path("real"), "old");
    fs::create_symlink("real", path("link"));
    writeAtomically(path("link"), "new");
    QVERIFY(fs::is_symlink(path("link")));
    QCOMPARE(readWhole(path("real")), std::string("new"));
  }

  void keepsTheOldFileWhenTheDiskIsFull() {
    const auto file = path("full.bin");
    writeAtomically(file, "old");
    const size_t before = entries(folder_.path().toStdString());
    std::string message;
    {
      const FullDisk disk(100'000);
      message = messageOf([&] { writeAtomically(file, std::string(200'000, 'y')); },
                          eq::ErrorKind::failure);
    }
    QVERIFY2(message.starts_with(file.string() + ": cannot be written: "), message.c_str());
    QVERIFY2(message.find("free some space") != std::string::npos, message.c_str());
    QCOMPARE(readWhole(file), std::string("old"));
    QCOMPARE(entries(folder_.path().toStdString()), before);
  }

  void namesAReadOnlyFolder() {
    const auto folder = path("closed");
    fs::create_directory(folder);
    const ReadOnlyFolder readOnly(folder_, folder.c_str());
    const auto message =
        messageOf([&] { writeAtomically(folder / "a", "x"); }, eq::ErrorKind::user);
    QVERIFY2(message.find("make it writable") != std::string::npos, message.c_str());
  }

  void refusesWhatIsNoFile() {
    fs::create_directory(path("folder"));
    auto message = messageOf([&] { writeAtomically(path("folder"), "x"); }, eq::ErrorKind::user);
    QVERIFY2(message.find("is a folder") != std::string::npos, message.c_str());
    message = messageOf([&] { writeAtomically("/dev/null", "x"); }, eq::ErrorKind::user);
    QVERIFY2(message.find("not a regular file") != std::string::npos, message.c_str());
    message = messageOf([&] { writeAtomically(path("none") / "a", "x"); }, eq::ErrorKind::user);
    QVERIFY2(message.find("check the path") != std::string::npos, message.c_str());
    message = messageOf([&] { readWhole(path("none")); }, eq::ErrorKind::user);
    QVERIFY2(message.find("cannot be read") != std::string::npos, message.c_str());
  }

  void removesLeftoversOnly() {
    const auto folder = path("left");
    fs::create_directory(folder);
    for (const char* name : {".a.json.123-0.tmp", "b.tmp", ".c"})
      writeAtomically(folder / name, "x");
    eq::run::removeLeftovers(folder);
    QVERIFY(!fs::exists(folder / ".a.json.123-0.tmp"));
    QCOMPARE(entries(folder), size_t{2});
  }
};

EQUIPOISE_TEST(TestAtomicFile)
#include "tst_atomic_file.moc"
