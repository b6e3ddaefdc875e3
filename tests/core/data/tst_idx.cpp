#include <QTest>

#include "core/data/idx.h"
#include "reader_support.h"
#include "tests/registry.h"

using eq::data::parseIdx;
using eq::data::readIdx;

namespace {

std::string bytesOf(const QByteArray& hex) {
  return QByteArray::fromHex(hex).toStdString();
}

}  // namespace

class TestIdx : public QObject {
  Q_OBJECT

  FileFolder folder_;

 private Q_SLOTS:
  void readsShapeAndValues() {
    const auto array = parseIdx(bytesOf("00000803 00000002 00000001 00000003 0001fe 80ff07"), "x");
    QCOMPARE(array.shape, (std::vector<std::int64_t>{2, 1, 3}));
    QCOMPARE(array.values, (std::vector<std::uint8_t>{0, 1, 254, 128, 255, 7}));
  }

  void readsPlainAndPackedFiles() {
    const std::string bytes = bytesOf("00000801 00000003 050607");
    const std::vector<std::uint8_t> expected{5, 6, 7};
    std::vector<eq::data::Warning> warnings;
    QCOMPARE(readIdx(folder_.write("labels", bytes), warnings).values, expected);
    QCOMPARE(readIdx(folder_.write("labels.gz", gzipped(bytes)), warnings).values, expected);
  }

  void readsAnEmptyArray() {
    const auto array = parseIdx(bytesOf("00000803 00000000 ffffffff ffffffff"), "x");
    QVERIFY(array.values.empty());
    QCOMPARE(array.shape.size(), size_t{3});
  }

  void refusesBrokenFiles_data() {
    QTest::addColumn<QByteArray>("hex");
    QTest::addColumn<QString>("expected");
    QTest::newRow("empty") << QByteArray()
                           << "x: byte 0: the file ends inside the IDX header; fetch it again";
    QTest::newRow("three bytes")
        << QByteArray("000008") << "x: byte 3: the file ends inside the IDX header; fetch it again";
    QTest::newRow("no idx") << QByteArray("00500803 00000001")
                            << "x: byte 1: expected 0, found 0x50; this is no IDX file";
    QTest::newRow("floats")
        << QByteArray("00000d01 00000001 00000000")
        << "x: byte 2: expected the element type 0x08 (unsigned byte), found 0x0d";
    QTest::newRow("no dimension") << QByteArray("00000800 00")
                                  << "x: byte 3: expected 1 to 4 dimensions, found 0";
    QTest::newRow("255 dimensions")
        << QByteArray("000008ff 00000001") << "x: byte 3: expected 1 to 4 dimensions, found 255";
    QTest::newRow("cut header")
        << QByteArray("00000803 00000001 0000")
        << "x: byte 10: the file ends inside the IDX header of 3 dimensions; fetch it again";
    QTest::newRow("cut values")
        << QByteArray("00000803 00000002 00000002 00000002 0102030405")
        << "x: byte 21: the file ends here, but its header promises 2 x 2 x 2 = 8 elements, of "
           "which 5 are there; it is cut off or broken: fetch it again";
    QTest::newRow("huge")
        << QByteArray("00000801 ffffffff 00")
        << "x: byte 9: the file ends here, but its header promises 4294967295 = 4294967295 "
           "elements, of which 1 are there; it is cut off or broken: fetch it again";
    QTest::newRow("overflow to a small number")
        << QByteArray("00000804 80000000 80000000 00000004 00000001 00")
        << "x: byte 21: the file ends here, but its header promises 2147483648 x 2147483648 x 4 x "
           "1 = 18446744073709551615 elements, of which 1 are there; it is cut off or broken: "
           "fetch it again";
    QTest::newRow("too much")
        << QByteArray("00000801 00000002 010203 04")
        << "x: byte 10: expected the end after 2 elements, found 2 more bytes";
  }
  void refusesBrokenFiles() {
    QFETCH(QByteArray, hex);
    QFETCH(QString, expected);
    QCOMPARE(messageOf([&] { parseIdx(bytesOf(hex), "x"); }), expected);
  }

  void refusesEveryTruncation() {
    const std::string whole = bytesOf("00000803 00000002 00000002 00000002 0102030405060708");
    for (size_t size = 0; size < whole.size(); ++size) {
      const QString message = messageOf([&] { parseIdx(whole.substr(0, size), "x"); });
      QVERIFY2(message.startsWith(QString("x: byte %1: the file ends").arg(size)),
               qPrintable(message));
    }
  }
};

EQUIPOISE_TEST(TestIdx)
#include "tst_idx.moc"
