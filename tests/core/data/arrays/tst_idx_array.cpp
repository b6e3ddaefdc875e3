#include <QTest>

#include <cmath>

#include "array_support.h"
#include "core/data/arrays/idx_array.h"
#include "tests/registry.h"

using eq::data::idxName;
using eq::data::inMemory;
using eq::data::openIdx;
using Numbers = std::vector<double>;

namespace {

std::string fromHex(const QByteArray& hex) {
  return QByteArray::fromHex(hex).toStdString();
}

QString messageFrom(const QByteArray& hex) {
  return messageOf([&] { elementsOf(openIdx(inMemory(fromHex(hex), "x"), "x")); });
}

}  // namespace

class TestIdxArray : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void readsEveryType_data() {
    QTest::addColumn<QByteArray>("hex");
    QTest::addColumn<QString>("text");
    QTest::addColumn<QList<double>>("expected");
    const auto row = [](const char* hex, const char* text, const QList<double>& expected) {
      QTest::newRow(text) << QByteArray(hex) << text << expected;
    };
    row("00000801 00000002 07ff", "uint8 [2]", {7, 255});
    row("00000902 00000002 00000001 07ff", "int8 [2, 1]", {7, -1});
    row("00000b01 00000002 0102 fffe", "big-endian int16 [2]", {258, -2});
    row("00000c01 00000002 00010000 fffffffe", "big-endian int32 [2]", {65536, -2});
    row("00000d01 00000002 3fc00000 c0000000", "big-endian float32 [2]", {1.5, -2});
    row("00000e01 00000001 3fb999999999999a", "big-endian float64 [1]", {0.1});
    row("00000803 00000000 00000002 00000002", "uint8 [0, 2, 2]", {});
  }
  void readsEveryType() {
    QFETCH(QByteArray, hex);
    QFETCH(QString, text);
    QFETCH(QList<double>, expected);
    const auto array = openIdx(inMemory(fromHex(hex), "x"), "x");
    QCOMPARE(QString::fromStdString(array.text()), text);
    const auto numbers = elementsOf(array);
    QCOMPARE(QList<double>(numbers.begin(), numbers.end()), expected);
  }

  void knowsFilesByTheirNames_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("name");
    QTest::newRow("MNIST") << "train-images-idx3-ubyte"
                           << "train-images";
    QTest::newRow("packed") << "t10k-labels-idx1-ubyte.gz"
                            << "t10k-labels";
    QTest::newRow("dot") << "train-images.idx3-ubyte"
                         << "train-images";
    QTest::newRow("ending") << "depth.idx"
                            << "depth";
    QTest::newRow("ending with dimensions") << "depth.idx2.gz"
                                            << "depth";
    QTest::newRow("another file") << "README.gz"
                                  << "";
    QTest::newRow("index") << "my-index.txt"
                           << "";
    QTest::newRow("no name") << "idx3-ubyte"
                             << "";
  }
  void knowsFilesByTheirNames() {
    QFETCH(QString, file);
    QFETCH(QString, name);
    QCOMPARE(QString::fromStdString(idxName(file.toStdString())), name);
  }

  void readsPlainAndPackedFiles() {
    const FileFolder folder;
    const auto bytes = fromHex("00000801 00000003 050607");
    std::vector<eq::data::Warning> warnings;
    for (const auto& file :
         {folder.write("a.idx", bytes), folder.write("b.idx.gz", gzipped(bytes))})
      QCOMPARE(elementsOf(openIdx(file, "x", warnings)), (Numbers{5, 6, 7}));
    QVERIFY(warnings.empty());
  }

  void refusesBrokenFiles_data() {
    QTest::addColumn<QByteArray>("hex");
    QTest::addColumn<QString>("expected");
    QTest::newRow("empty") << QByteArray()
                           << "x: byte 0: the file ends inside the IDX header; fetch it again";
    QTest::newRow("no type") << QByteArray("00000a01 00000001 00")
                             << "x: byte 2: expected an element type from 0x08 to 0x0e without "
                                "0x0a, found 0x0a";
    QTest::newRow("cut header")
        << QByteArray("00000b02 00000001 0000")
        << "x: byte 10: the file ends inside the IDX header of 2 dimensions; fetch it again";
    QTest::newRow("cut values")
        << QByteArray("00000c01 00000002 00000001 0000")
        << "x: byte 14: the file ends here, but its header promises 2 = 2 elements of 4 bytes, of "
           "which 1 are there; it is cut off or broken: fetch it again";
    QTest::newRow("huge") << QByteArray("00000e04 ffffffff ffffffff ffffffff ffffffff 00")
                          << "x: byte 21: the file ends here, but its header promises 4294967295 x "
                             "4294967295 x 4294967295 x 4294967295 = 18446744073709551615 elements "
                             "of 8 bytes, of which 0 are there; it is cut off or broken: fetch it "
                             "again";
    QTest::newRow("too much")
        << QByteArray("00000801 00000002 010203 04")
        << "x: byte 10: expected the end after 2 elements, found 2 more bytes";
  }
  void refusesBrokenFiles() {
    QFETCH(QByteArray, hex);
    QFETCH(QString, expected);
    QCOMPARE(messageFrom(hex), expected);
  }
};

EQUIPOISE_TEST(TestIdxArray)
#include "tst_idx_array.moc"
