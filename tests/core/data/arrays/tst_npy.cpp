#include <QTest>

#include <cmath>
#include <limits>

#include "array_support.h"
#include "tests/registry.h"

using eq::data::NumberArray;
using Numbers = std::vector<double>;
using Shape = std::vector<std::int64_t>;

namespace {

std::string fromHex(const QByteArray& hex) {
  return QByteArray::fromHex(hex).toStdString();
}

QString messageFrom(const std::string& bytes) {
  return messageOf([&] { elementsOf(npyFrom(bytes)); });
}

}  // namespace

class TestNpy : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// np.save(f, np.array([[1.5, -2], [3, 0.25], [7, 8]], dtype=">f4", order="F")) of NumPy 2.4.6.
  void readsWhatNumPyWrites() {
    const auto array = npyFrom(fromHex(
        "934e554d5059010076007b276465736372273a20273e6634272c2027666f727472616e5f6f72646572273a2054"
        "7275652c20277368617065273a2028332c2032292c207d20202020202020202020202020202020202020202020"
        "202020202020202020202020202020202020202020202020202020202020202020202020200a3fc00000404000"
        "0040e00000c00000003e80000041000000"));
    QCOMPARE(array.text(), std::string("big-endian float32 [3, 2]"));
    QVERIFY(array.fortranOrder);
    QCOMPARE(elementsOf(array), (Numbers{1.5, -2, 3, 0.25, 7, 8}));
  }

  /// np.lib.format.write_array(f, np.arange(3, dtype="u2"), version=(3, 0)) of NumPy 2.4.6.
  void readsVersion3OfNumPy() {
    const auto array = npyFrom(fromHex(
        "934e554d50590300740000007b276465736372273a20273c7532272c2027666f727472616e5f6f72646572273a"
        "2046616c73652c20277368617065273a2028332c292c207d202020202020202020202020202020202020202020"
        "202020202020202020202020202020202020202020202020202020202020202020202020200a00000100020"
        "0"));
    QCOMPARE(array.shape, (Shape{3}));
    QCOMPARE(elementsOf(array), (Numbers{0, 1, 2}));
  }

  void readsEveryType_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QByteArray>("hex");
    QTest::addColumn<QString>("name");
    QTest::addColumn<QList<double>>("expected");
    const auto row = [](const char* type, const char* hex, const char* name,
                        const QList<double>& expected) {
      QTest::newRow(type) << type << QByteArray(hex) << name << expected;
    };
    row("|b1", "00 01 02", "bool", {0, 1, 1});
    row("|i1", "7f 80 ff", "int8", {127, -128, -1});
    row("|u1", "7f 80 ff", "uint8", {127, 128, 255});
    row("<i2", "ff7f 0080 feff", "int16", {32767, -32768, -2});
    row(">i2", "7fff 8000 fffe", "big-endian int16", {32767, -32768, -2});
    row("<u2", "0100 ffff 0001", "uint16", {1, 65535, 256});
    row("<i4", "ffffff7f 00000080 ffffffff", "int32", {2147483647, -2147483648., -1});
    row(">u4", "ffffffff 00000001 00000100", "big-endian uint32", {4294967295, 1, 256});
    row("<i8", "0000000000002000 000000000000e0ff feffffffffffffff", "int64",
        {9007199254740992, -9007199254740992, -2});
    row(">u8", "0020000000000000 0000000000000001 0000000000000000", "big-endian uint64",
        {9007199254740992, 1, 0});
    row("<f2", "003c 00c4 0100", "float16", {1, -4, std::ldexp(1, -24)});  // the smallest one
    row(">f2", "3555 7bff 0000", "big-endian float16", {0.333251953125, 65504, 0});
    row("<f4", "0000c03f 000080bf 01000000", "float32", {1.5, -1, std::ldexp(1, -149)});
    row("=f8", "000000000000f83f 9a9999999999b93f 0000000000000080", "float64", {1.5, 0.1, -0.0});
    row(">f8", "3ff8000000000000 bff0000000000000 3fb999999999999a", "big-endian float64",
        {1.5, -1, 0.1});
  }
  void readsEveryType() {
    QFETCH(QString, type);
    QFETCH(QByteArray, hex);
    QFETCH(QString, name);
    QFETCH(QList<double>, expected);
    const auto array = npyFrom(npyOf(type.toStdString(), "(3,)", fromHex(hex)));
    QCOMPARE(QString::fromStdString(toText(array.type)), name);
    const auto numbers = elementsOf(array);
    QCOMPARE(QList<double>(numbers.begin(), numbers.end()), expected);
  }

  void keepsWhatIsNoNumber() {
    const double nan = std::numeric_limits<double>::quiet_NaN(), inf = HUGE_VAL;
    const auto numbers =
        elementsOf(npyFrom(npyOf("<f8", "(3,)", bytesOf<double>({nan, inf, -inf}))));
    QVERIFY(std::isnan(numbers[0]));
    QCOMPARE(numbers[1], inf);
    QCOMPARE(numbers[2], -inf);
  }

  /// 24 numbers that say their index in C order, as either order has them in the file.
  void readsBothOrders() {
    std::vector<std::int16_t> c, fortran;
    for (std::int16_t i = 0; i < 24; ++i) c.push_back(i);
    for (int k = 0; k < 4; ++k)
      for (int j = 0; j < 3; ++j)
        for (int i = 0; i < 2; ++i)
          fortran.push_back(static_cast<std::int16_t>(12 * i + 4 * j + k));
    const Numbers expected(c.begin(), c.end());
    QCOMPARE(elementsOf(npyFrom(npyOf("<i2", "(2, 3, 4)", bytesOf(c)))), expected);
    QCOMPARE(elementsOf(npyFrom(npyOf("<i2", "(2, 3, 4)", bytesOf(fortran), true))), expected);
  }

  /// More than is read at once.
  void readsLongArraysInPieces() {
    std::vector<std::uint32_t> numbers(100003);
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::uint32_t>(i * i);
    const auto found = elementsOf(npyFrom(npyOf("<u4", "(100003,)", bytesOf(numbers))));
    QVERIFY(std::equal(found.begin(), found.end(), numbers.begin(), numbers.end()));
  }

  void readsOneNumberAndNone() {
    QCOMPARE(elementsOf(npyFrom(npyOf("<f8", "()", bytesOf<double>({2.5})))), Numbers{2.5});
    QVERIFY(elementsOf(npyFrom(npyOf("<f8", "(0, 9223372036854775807, 4)", ""))).empty());
    QVERIFY(elementsOf(npyFrom(npyOf("<f8", "(0, 3)", "", true))).empty());
  }

  /// Spaces, the other quotes, the order of the keys, sizes of Python 2.
  void readsHeadersOfOthers() {
    std::string header = "{ \"shape\":(2L,3L) ,'fortran_order' : False,'descr':\"|u1\"}";
    const auto bytes =
        "\x93NUMPY" + std::string("\2\0", 2) + littleEndian(header.size(), 4) + header + "abcdef";
    QCOMPARE(npyFrom(bytes).shape, (Shape{2, 3}));
    QCOMPARE(elementsOf(npyFrom(bytes)), (Numbers{97, 98, 99, 100, 101, 102}));
  }

  void saysWhatHoldsNoNumbers_data() {
    QTest::addColumn<QString>("type");
    QTest::addColumn<QString>("expected");
    QTest::newRow("objects") << "|O"
                             << "Python objects (|O)";
    QTest::newRow("texts") << "<U5"
                           << "texts (<U5)";
    QTest::newRow("bytes") << "|S5"
                           << "texts (|S5)";
    QTest::newRow("dates") << "<M8[ns]"
                           << "dates (<M8[ns])";
    QTest::newRow("durations") << "<m8[s]"
                               << "durations (<m8[s])";
    QTest::newRow("complex") << "<c8"
                             << "complex numbers (<c8)";
    QTest::newRow("long") << "<f16"
                          << "long numbers (<f16)";
    QTest::newRow("raw") << "|V3"
                         << "raw bytes (|V3)";
  }
  void saysWhatHoldsNoNumbers() {
    QFETCH(QString, type);
    QFETCH(QString, expected);
    const auto array = npyFrom(npyOf(type.toStdString(), "(2,)", "anything"));
    QCOMPARE(QString::fromStdString(array.problem), expected);
    QCOMPARE(array.shape, (Shape{2}));
  }

  void saysThatRecordsHoldNoNumbers() {
    const std::string header =
        "{'descr': [('a]', '<f4'), ('b', '<i4', (2,))], 'fortran_order': False, 'shape': (1,), }\n";
    const auto array = npyFrom("\x93NUMPY" + std::string("\1\0", 2) +
                               littleEndian(header.size(), 2) + header + std::string(12, 'x'));
    QCOMPARE(array.problem, std::string("records of several fields"));
  }

  void refusesBrokenFiles_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& bytes, const char* expected) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << QString(expected);
    };
    const auto headed = [](const std::string& header) {
      return "\x93NUMPY" + std::string("\1\0", 2) + littleEndian(header.size(), 2) + header;
    };
    row("empty", "", "x.npy: byte 0: the file ends inside the NPY header; fetch it again");
    row("another file", "PK\3\4 and more",
        "x.npy: byte 0: expected \\x93NUMPY, found 0x50; this is no NPY file");
    row("text mode", "\x93NUMPZ\1\0",
        "x.npy: byte 5: expected \\x93NUMPY, found 0x5a; this is no NPY file");
    row("version 4", "\x93NUMPY" + std::string("\4\0", 2),
        "x.npy: byte 6: expected the NPY version 1.0, 2.0 or 3.0, found 4.0");
    row("version 1.1", "\x93NUMPY\1\1",
        "x.npy: byte 6: expected the NPY version 1.0, 2.0 or 3.0, found 1.1");
    row("huge header", "\x93NUMPY" + std::string("\2\0\xff\xff\xff\xff", 6),
        "x.npy: byte 8: a header of 4294967295 bytes is longer than 1048576; this is no NPY file "
        "that NumPy writes");
    row("no dictionary", headed("[1, 2]"), "x.npy: byte 10: expected {, found \"[1, 2]\"");
    row("no end", headed("{'descr': '<f4'"),
        "x.npy: byte 25: expected }, found the end of the header");
    row("no shape", headed("{'descr': '<f4', 'fortran_order': False}"),
        "x.npy: byte 10: the header has no shape");
    row("unknown key", headed("{'descr': '<f4', 'order': 'C'}"),
        "x.npy: byte 27: expected descr, fortran_order or shape, found \"order\"");
    row("twice", headed("{'descr': '<f4', 'descr': '<f8'}"),
        "x.npy: byte 27: \"descr\" stands there twice");
    row("unknown type", npyOf("<q4", "(2,)", "........"),
        "x.npy: byte 20: expected a type such as <f4, found \"<q4\"");
    row("no order of bytes", npyOf("f4", "(2,)", "........"),
        "x.npy: byte 20: expected a type such as <f4, found \"f4\"");
    row("negative size", npyOf("<f4", "(-2,)", "........"),
        "x.npy: byte 61: expected a size from 0 to 9223372036854775807, found \"-2,), }   \"");
    row("size beyond 64 bits", npyOf("<f4", "(9223372036854775808,)", "........"),
        "x.npy: byte 61: expected a size from 0 to 9223372036854775807, found \"9223372036\"");
    row("no truth", headed("{'fortran_order': 1}"),
        "x.npy: byte 28: expected True or False, found \"1}\"");
    row("more behind it", headed("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} 1"),
        "x.npy: byte 66: expected the end of the header, found \"1\"");
    row("cut off", npyOf("<f4", "(2, 3)", std::string(23, 'x')),
        "x.npy: byte 151: the file ends here, but its header promises 2 x 3 = 6 elements of 4 "
        "bytes, of which 5 are there; it is cut off or broken: fetch it again");
    row("huge", npyOf("<f8", "(4611686018427387904, 1000)", "x"),
        "x.npy: byte 129: the file ends here, but its header promises 4611686018427387904 x 1000 = "
        "18446744073709551615 elements of 8 bytes, of which 0 are there; it is cut off or broken: "
        "fetch it again");
    row("two arrays", npyOf("|u1", "(2,)", "ab") + npyOf("|u1", "(2,)", "ab"),
        "x.npy: byte 130: expected the end after 2 elements, found 130 more bytes");
    row("beyond 2^53", npyOf("<i8", "(2,)", bytesOf<std::int64_t>({7, -9007199254740993})),
        "x.npy: byte 136: a whole number beyond 2^53 = 9007199254740992, which is not read "
        "exactly");
  }
  void refusesBrokenFiles() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, expected);
    QCOMPARE(messageFrom(bytes.toStdString()), expected);
  }

  void refusesEveryTruncation() {
    const auto whole = npyOf("<i2", "(2, 2)", bytesOf<std::int16_t>({1, 2, 3, 4}));
    for (size_t size = 0; size < whole.size(); ++size) {
      const auto message = messageFrom(whole.substr(0, size));
      QVERIFY2(message.startsWith(QString("x.npy: byte %1: the file ends").arg(size)),
               qPrintable(message));
    }
  }

  /// Python's literals nest; ours are read without recursion.
  void refusesEndlessBrackets() {
    const std::string header = "{'descr': " + std::string(60000, '[');
    QCOMPARE(
        messageFrom("\x93NUMPY" + std::string("\1\0", 2) + littleEndian(header.size(), 2) + header),
        QString("x.npy: byte 60020: expected the end of a list, found the end of the header"));
  }

  void saysWhereAFileThatShrinksEnds() {
    const FileFolder folder;
    const auto file = folder.write("x.npy", npyOf("|u1", "(4,)", "abcd"));
    const auto array = openNpy(eq::data::Stretch::whole(eq::data::openFile(file)), "x");
    QCOMPARE(elementsOf(array), (Numbers{97, 98, 99, 100}));
    std::filesystem::resize_file(file, 130);
    QCOMPARE(messageOf([&] { elementsOf(array); }),
             QString("%1: byte 130: the file ends here, and more is to be read; it is cut off or "
                     "was changed: fetch it again")
                 .arg(file.c_str()));
  }
};

EQUIPOISE_TEST(TestNpy)
#include "tst_npy.moc"
