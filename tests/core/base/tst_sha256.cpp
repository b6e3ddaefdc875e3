#include <QCryptographicHash>
#include <QTest>

#include "core/base/random.h"
#include "core/base/sha256.h"
#include "tests/registry.h"

class TestSha256 : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The examples of FIPS 180-4.
  void isTheStandards_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("digits");
    QTest::newRow("nothing") << QByteArray()
                             << "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    QTest::newRow("one block")
        << QByteArray("abc") << "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    QTest::newRow("two blocks")
        << QByteArray("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        << "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    QTest::newRow("a million")
        << QByteArray(1000000, 'a')
        << "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
  }
  void isTheStandards() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, digits);
    QCOMPARE(QString::fromStdString(eq::sha256(bytes.toStdString())), digits);
  }

  void agreesWithQtAtEveryLength() {
    eq::RandomStream random(3);
    std::string bytes;
    for (int length = 0; length < 200; ++length) {
      const auto expected =
          QCryptographicHash::hash(QByteArray::fromStdString(bytes), QCryptographicHash::Sha256);
      QCOMPARE(eq::sha256(bytes), expected.toHex().toStdString());
      bytes += static_cast<char>(random.below(256));
    }
  }
};

EQUIPOISE_TEST(TestSha256)
#include "tst_sha256.moc"
