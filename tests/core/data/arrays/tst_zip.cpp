#include <QTest>

#include "array_support.h"
#include "core/base/random.h"
#include "tests/registry.h"

using eq::data::inMemory;
using eq::data::Stretch;
using eq::data::StretchReader;
using eq::data::zipMembers;
using Numbers = std::vector<double>;

namespace {

std::string fromHex(const QByteArray& hex) {
  return QByteArray::fromHex(hex).toStdString();
}

std::string allOf(const Stretch& stretch) {
  StretchReader reader(stretch);
  return reader.text(static_cast<size_t>(reader.left()));
}

/// Names and contents.
std::vector<std::pair<std::string, std::string>> membersOf(const std::string& bytes) {
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& member : zipMembers(inMemory(bytes, "x.npz")))
    found.emplace_back(member.name, allOf(member.stretch));
  return found;
}

QString messageFrom(const std::string& bytes) {
  return messageOf([&] { membersOf(bytes); });
}

std::string noise(size_t count) {
  eq::RandomStream random(1);
  std::string bytes;
  for (size_t i = 0; i < count; ++i) bytes.push_back(static_cast<char>(random.below(7)));
  return bytes;
}

std::string withBytes(std::string bytes, size_t at, const std::string& others) {
  return bytes.replace(at, others.size(), others);
}

}  // namespace

class TestZip : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// np.savez_compressed(f, y=np.array([0, 1, 255], dtype="u1")) of NumPy 2.4.6.
  void readsWhatNumPyDeflates() {
    const auto members = zipMembers(inMemory(
        fromHex("504b03042d000000080000002100e9646a2fffffffffffffffff05001400792e6e7079010010008300"
                "00000000000047000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e536aa8aea3"
                "a09e965f54529498179f5f94920a12774bcc294e058a17672416a402f91ac63a9a3a0ab50a14002e06"
                "c6ff00504b01022d032d000000080000002100e9646a2f470000008300000005000000000000000000"
                "0000800100000000792e6e7079504b05060000000001000100330000007e0000000000"),
        "x.npz"));
    QCOMPARE(members.size(), size_t{1});
    QCOMPARE(members[0].name, std::string("y.npy"));
    QCOMPARE(elementsOf(openNpy(members[0].stretch, "y")), (Numbers{0, 1, 255}));
  }

  /// np.savez(f, y=np.array([True, False]), z=np.float16([1.5])) of NumPy 2.4.6.
  void readsWhatNumPyStores() {
    const auto members = zipMembers(inMemory(
        fromHex(
            "504b03042d000000000000002100ee19bb5dffffffffffffffff05001400792e6e70790100100082000000"
            "000000008200000000000000934e554d5059010076007b276465736372273a20277c6231272c2027666f72"
            "7472616e5f6f72646572273a2046616c73652c20277368617065273a2028322c292c207d20202020202020"
            "20202020202020202020202020202020202020202020202020202020202020202020202020202020202020"
            "202020202020202020200a0100504b03042d000000000000002100c317cf75ffffffffffffffff05001400"
            "7a2e6e70790100100082000000000000008200000000000000934e554d5059010076007b27646573637227"
            "3a20273c6632272c2027666f727472616e5f6f72646572273a2046616c73652c20277368617065273a2028"
            "312c292c207d20202020202020202020202020202020202020202020202020202020202020202020202020"
            "20202020202020202020202020202020202020202020200a003e504b01022d032d000000000000002100ee"
            "19bb5d8200000082000000050000000000000000000000800100000000792e6e7079504b01022d032d0000"
            "00000000002100c317cf7582000000820000000500000000000000000000008001b90000007a2e6e707950"
            "4b0506000000000200020066000000720100000000"),
        "x.npz"));
    QCOMPARE(members.size(), size_t{2});
    QCOMPARE(elementsOf(openNpy(members[0].stretch, "y")), (Numbers{1, 0}));
    QCOMPARE(elementsOf(openNpy(members[1].stretch, "z")), Numbers{1.5});
  }

  void readsStoredAndDeflatedMembers() {
    for (const bool deflate : {false, true})
      for (const size_t size : {0, 1, 65535, 65536, 200001}) {
        const std::vector<std::pair<std::string, std::string>> members{{"a.npy", noise(size)},
                                                                       {"b", "text"}};
        QCOMPARE(membersOf(zipOf(members, deflate)), members);
      }
  }

  void readsAnEmptyArchiveAndComments() {
    QVERIFY(membersOf(zipOf({})).empty());
    const std::string comment = "a comment with PK\5\6 in it";
    auto commented = zipOf({{"a", "text"}});
    commented.replace(commented.size() - 2, 2, littleEndian(comment.size(), 2));
    commented += comment;
    QCOMPARE(membersOf(commented).size(), size_t{1});
  }

  /// Numbers that do not fit into 32 bits stand in other places.
  void readsZip64() {
    const std::string plain = zipOf({{"a", "text"}});
    const auto directory = plain.find("PK\1\2"), end = plain.find("PK\5\6");
    auto entry = plain.substr(directory, end - directory);
    entry.replace(20, 8, std::string(8, '\xff'));  // both sizes
    entry.replace(30, 2, littleEndian(28, 2));     // of the extra field
    entry.replace(42, 4, std::string(4, '\xff'));  // place
    entry += littleEndian(1, 2) + littleEndian(24, 2) + littleEndian(4, 8) + littleEndian(4, 8) +
             littleEndian(0, 8);
    const auto at = directory + entry.size();
    const auto record = "PK\6\6" + littleEndian(44, 8) + littleEndian(45, 4) + littleEndian(0, 8) +
                        littleEndian(1, 8) + littleEndian(1, 8) + littleEndian(entry.size(), 8) +
                        littleEndian(directory, 8);
    const auto locator = "PK\6\7" + littleEndian(0, 4) + littleEndian(at, 8) + littleEndian(1, 4);
    const auto last = "PK\5\6" + littleEndian(0, 4) + std::string(12, '\xff') + littleEndian(0, 2);
    const auto members = membersOf(plain.substr(0, directory) + entry + record + locator + last);
    QCOMPARE(members.size(), size_t{1});
    QCOMPARE(members[0].second, std::string("text"));
  }

  void refusesBrokenFiles_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char* name, const std::string& bytes, const QString& expected) {
      QTest::newRow(name) << QByteArray::fromStdString(bytes) << expected;
    };
    const auto one = zipOf({{"a", "text"}});  // header 0, text 31, directory 35, its record 82
    row("empty", "",
        "x.npz: byte 0: no ZIP directory ends here; the file is cut off, or no NPZ: "
        "fetch it again");
    row("no ZIP", std::string(100, 'x'),
        "x.npz: byte 100: no ZIP directory ends here; the file is cut off, or no NPZ: fetch it "
        "again");
    row("directory beyond", withBytes(one, 82 + 16, littleEndian(1000, 4)),
        "x.npz: byte 82: the directory is said to take the bytes 1000 to 1047, but ends before 82; "
        "the file is broken: fetch it again");
    row("too many entries", withBytes(one, 82 + 10, littleEndian(2, 2)),
        "x.npz: byte 82: expected an entry of 46 bytes; the file is broken: fetch it again");
    row("too few entries", withBytes(one, 82 + 10, littleEndian(0, 2)),
        "x.npz: byte 35: expected the end after 0 entries; the file is broken: fetch it again");
    row("no entry", withBytes(one, 35, "XX"),
        "x.npz: byte 35: expected an entry of the directory; the file is broken: fetch it again");
    row("name beyond the directory", withBytes(one, 35 + 28, littleEndian(5000, 2)),
        "x.npz: byte 35: expected an entry of 5046 bytes; the file is broken: fetch it again");
    row("no local header", withBytes(one, 0, "XX"),
        "x.npz: byte 0: expected the header of a; the file is broken: fetch it again");
    row("local header beyond", withBytes(one, 35 + 42, littleEndian(0xfffffff0, 4)),
        "x.npz: byte 104: the file ends inside a member's header; it is cut off or broken: fetch "
        "it again");
    row("other name", withBytes(one, 30, "b"),
        "x.npz: byte 30: expected the name a, found \"b\"; the file is broken: fetch it again");
    row("huge stored", withBytes(one, 35 + 20, littleEndian(0xfffffff0, 4)),
        "x.npz: a: byte 55: the directory promises 4294967280 bytes from 31 on, but begins at 35; "
        "the file is broken: fetch it again");
    row("sizes differ", withBytes(one, 35 + 24, littleEndian(5, 4)),
        "x.npz: a: byte 59: the directory promises 5 bytes, which 4 bytes stored cannot hold; the "
        "file is broken: fetch it again");
    row("bomb", withBytes(zipOf({{"a", "text"}}, true), 37 + 24, littleEndian(0xf0000000, 4)),
        "x.npz: a: byte 61: the directory promises 4026531840 bytes, which 6 bytes deflated cannot "
        "hold; the file is broken: fetch it again");
    row("checksum", withBytes(one, 31, "tixt"),
        "x.npz: a: byte 4: the checksum of the 4 bytes is 32915ea3, the directory says 3b8ba7c7; "
        "the file is broken: fetch it again");
    row("encrypted", withBytes(one, 35 + 8, littleEndian(1, 2)),
        "x.npz: a: byte 43: it is encrypted; save it without");
    row("bzip2", withBytes(one, 35 + 10, littleEndian(12, 2)),
        "x.npz: a: byte 45: expected the packing 0 (stored) or 8 (deflated), as np.savez and "
        "np.savez_compressed write, found 12");
    row("no ZIP64", withBytes(one, 82 + 16, std::string(4, '\xff')),
        "x.npz: byte 62: expected the locator of a ZIP64 directory; the file is broken: fetch it "
        "again");
    row("deflated data too short",
        withBytes(zipOf({{"a", "text"}}, true), 37 + 24, littleEndian(40, 4)),
        "x.npz: a: byte 4: the deflated data end after 4 bytes, the directory promises 40; the "
        "file is broken: fetch it again");
    row("deflated data broken", withBytes(zipOf({{"a", "text"}}, true), 31, "\xff"),
        "x.npz: byte 32: the deflated data of x.npz: a are broken (invalid block type); fetch the "
        "file again");
  }
  void refusesBrokenFiles() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, expected);
    QCOMPARE(messageFrom(bytes.toStdString()), expected);
  }

  void refusesEveryTruncation() {
    const auto whole = zipOf({{"a.npy", npyOf("|u1", "(3,)", "abc")}}, true);
    for (size_t size = 0; size < whole.size(); ++size)
      QCOMPARE(
          messageFrom(whole.substr(0, size)),
          QString("x.npz: byte %1: no ZIP directory ends here; the file is cut off, or no NPZ: "
                  "fetch it again")
              .arg(size));
  }

  void refusesANameThatStandsThereTwice() {
    const auto two = zipOf({{"a", "text"}, {"a", "text"}});
    QCOMPARE(messageFrom(two),
             QString("x.npz: byte %1: expected a name once, found x.npz: a; the file is broken: "
                     "fetch it again")
                 .arg(two.rfind("PK\1\2")));
  }

  /// Members within members make a small file a large one.
  void refusesMembersThatOverlap() {
    const auto inner = zipOf({{"b", "text"}});
    const auto outer = zipOf({{"a", inner}});
    const auto directory = outer.rfind("PK\1\2"), end = outer.rfind("PK\5\6");
    auto entry = inner.substr(inner.find("PK\1\2"), 47);
    entry.replace(42, 4, littleEndian(31, 4));
    auto last = outer.substr(end);
    last.replace(8, 4, littleEndian(2, 2) + littleEndian(2, 2));
    last.replace(12, 4, littleEndian(end - directory + entry.size(), 4));
    QCOMPARE(messageFrom(outer.substr(0, end) + entry + last),
             QString("x.npz: b: byte 62: its bytes are those of x.npz: a too; the file is broken: "
                     "fetch it again"));
  }

  void givesNoWrongByteForAFlippedBit() {
    const auto bytes = noise(300);
    const auto packed = zipOf({{"a", bytes}}, true);
    const auto end = packed.find("PK\1\2");
    for (size_t bit = 31 * 8; bit < end * 8; ++bit) {
      auto broken = packed;
      broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
      std::string found = bytes;
      const auto message = messageOf([&] { found = membersOf(broken).at(0).second; });
      QCOMPARE(found, bytes);
      if (!message.isEmpty()) QVERIFY2(message.contains(": byte "), qPrintable(message));
    }
  }
};

EQUIPOISE_TEST(TestZip)
#include "tst_zip.moc"
