#include <QTest>

#include "core/base/random.h"
#include "core/data/gzip.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::data::Warning;

namespace {

constexpr size_t kLimit = size_t{1} << 20;

std::string inflateGzip(const std::string& packed, const std::string& name, size_t limit) {
  std::vector<Warning> warnings;
  auto bytes = eq::data::inflateGzip(packed, name, limit, warnings);
  if (!warnings.empty()) eq::fail("{}: {}", warnings[0].place, warnings[0].message);
  return bytes;
}

std::string readBytes(const std::filesystem::path& file, size_t limit = eq::data::kLargestFile) {
  std::vector<Warning> warnings;
  return eq::data::readBytes(file, warnings, limit);
}

std::string randomBytes(size_t count) {
  eq::RandomStream random(1);
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(random.below(256)));
  return bytes;
}

}  // namespace

class TestGzip : public QObject {
  Q_OBJECT

  FileFolder folder_;

 private Q_SLOTS:
  void inflatesWhatWasDeflated() {
    for (const size_t size : {0, 1, 65535, 65536, 65537, 200000}) {
      const std::string bytes = randomBytes(size);
      QCOMPARE(inflateGzip(gzipped(bytes), "x.gz", kLimit), bytes);
    }
  }

  void joinsMembers() {
    QCOMPARE(inflateGzip(gzipped("one ") + gzipped("two"), "x.gz", kLimit), std::string("one two"));
  }

  void goesByContentNotByName() {
    QCOMPARE(readBytes(folder_.write("plain.gz", "text")), std::string("text"));
    QCOMPARE(readBytes(folder_.write("packed", gzipped("text"))), std::string("text"));
    QCOMPARE(readBytes(folder_.write("empty", "")), std::string());
  }

  void refusesEveryTruncation() {
    const std::string packed = gzipped(randomBytes(300));
    for (size_t size = 2; size < packed.size(); ++size) {
      const QString message =
          messageOf([&] { inflateGzip(packed.substr(0, size), "x.gz", kLimit); });
      QCOMPARE(message,
               QString("x.gz: byte %1: the compressed data end too early; the file is cut off: "
                       "fetch it again")
                   .arg(size));
    }
  }

  void givesNoWrongByteForAFlippedBit() {
    const std::string bytes = randomBytes(300);
    const std::string packed = gzipped(bytes);
    constexpr size_t kHeaderBits = 10 * 8;
    size_t unnoticed = 0;
    for (size_t bit = kHeaderBits; bit < packed.size() * 8; ++bit) {
      std::string broken = packed;
      broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
      std::string out = bytes;
      const QString message = messageOf([&] { out = inflateGzip(broken, "x.gz", kLimit); });
      QCOMPARE(out, bytes);
      if (message.isEmpty())
        ++unnoticed;
      else
        QVERIFY2(message.startsWith("x.gz: byte "), qPrintable(message));
    }
    QVERIFY(unnoticed < 8);  // padding between the block's header and its bytes
  }

  /// Tapes and block devices pad with zeros: such files were refused.
  void zerosBehindTheDataArePadding() {
    const std::string packed = gzipped("text");
    QCOMPARE(inflateGzip(packed + std::string(200, '\0'), "x.gz", kLimit), std::string("text"));
  }

  void otherBytesBehindTheDataAreSaid() {
    const std::string packed = gzipped("text"), rest("\0\0rest", 6);
    std::vector<Warning> warnings;
    QCOMPARE(eq::data::inflateGzip(packed + rest, "x.gz", kLimit, warnings), std::string("text"));
    QCOMPARE(warnings.size(), size_t{1});
    QCOMPARE(warnings[0].place, fmt::format("x.gz: byte {}", packed.size() + 2));
    QCOMPARE(warnings[0].message,
             std::string("4 bytes follow the end of the gzip data; they are not read"));
  }

  /// Half a member is no rubbish: its rows would be missing.
  void aMemberThatIsCutOffIsRefused() {
    const std::string packed = gzipped("one");
    QVERIFY(messageOf([&] {
              inflateGzip(packed + packed.substr(0, 12), "x.gz", kLimit);
            }).contains("the compressed data end too early"));
  }

  void refusesABombBeforeItIsInMemory() {
    const std::string bomb = gzipped(std::string(size_t{8} << 20, '\0'));
    QVERIFY(bomb.size() < 20000);
    QCOMPARE(messageOf([&] { inflateGzip(bomb, "x.gz", kLimit); }),
             QString("x.gz: holds more than 1 MiB, the most that is read"));
  }

  void namesFilesThatCannotBeRead() {
    const QString place = QString::fromStdString(folder_.path().string());
    QCOMPARE(messageOf([&] { readBytes(folder_.path() / "none"); }),
             place + "/none: cannot be read: No such file or directory");
    QCOMPARE(messageOf([&] { readBytes(folder_.path()); }),
             place + ": expected a file, found a folder");
    QCOMPARE(messageOf([&] { readBytes("/dev/zero", kLimit); }),
             QString("/dev/zero: holds more than 1 MiB, the most that is read"));
  }
};

EQUIPOISE_TEST(TestGzip)
#include "tst_gzip.moc"
