#include "core/run/safetensors.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/scalar_tensor.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "tests/registry.h"

using eq::run::fromSafetensors;
using eq::run::toSafetensors;
using eq::train::Snapshot;
using nlohmann::json;

namespace {

Snapshot everything() {
  Snapshot snapshot;
  const auto numbers = at::arange(-7, 8, at::kDouble).div(3);
  for (const auto type : {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
                          at::kShort, at::kChar, at::kByte, at::kBool})
    snapshot.tensors[std::string("type.") + c10::toString(type)] = numbers.abs().to(type);
  snapshot.tensors["scalar"] = at::scalar_tensor(-0.0, at::kFloat);
  snapshot.tensors["empty"] = at::empty({0, 3}, at::kFloat);
  snapshot.tensors["turned"] = at::arange(12, at::kFloat).reshape({3, 4}).t();
  snapshot.tensors["odd \"name\" ü"] = at::full({2, 1, 2}, std::nanf("17"), at::kFloat);
  snapshot.meta = {{"step", 12},
                   {"seed", std::numeric_limits<std::uint64_t>::max()},
                   {"text", "line\n\"crc32_header\":\"00000000\""},
                   {"third", 1.0 / 3},
                   {"smallest", std::numeric_limits<double>::denorm_min()},
                   {"list", {1, std::numeric_limits<double>::infinity(), nullptr}}};
  return snapshot;
}

bool sameBits(const at::Tensor& a, const at::Tensor& b) {
  const auto x = a.contiguous();
  const auto y = b.contiguous();
  return x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() &&
         (x.nbytes() == 0 || std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0);
}

QByteArray messageOf(const std::string& bytes) {
  try {
    fromSafetensors(bytes, "a.safetensors");
  } catch (const eq::Error& error) {
    return error.what();
  }
  return {};
}

std::string withHeader(const std::string& header, const std::string& data = {}) {
  const std::uint64_t length = header.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

}  // namespace

class TestSafetensors : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void givesEveryBitBack() {
    const Snapshot before = everything();
    const Snapshot after = fromSafetensors(toSafetensors(before), "x");
    QCOMPARE(after.tensors.size(), before.tensors.size());
    for (const auto& [name, tensor] : before.tensors)
      QVERIFY2(sameBits(tensor, after.tensors.at(name)), name.c_str());
    QVERIFY(after.meta == before.meta);
  }

  void keepsNumbersThatJsonLacks() {
    Snapshot snapshot;
    snapshot.meta = {{"a", {{"b", {std::nan(""), -std::numeric_limits<double>::infinity()}}}}};
    const auto list = fromSafetensors(toSafetensors(snapshot), "x").meta["a"]["b"];
    QVERIFY(std::isnan(list[0].get<double>()));
    QCOMPARE(list[1].get<double>(), -std::numeric_limits<double>::infinity());
  }

  void findsAnyFlippedBit() {
    const std::string bytes = toSafetensors(everything());
    std::mt19937_64 random(3);
    for (int round = 0; round < 3000; ++round) {
      std::string damaged = bytes;
      const size_t bit = random() % (8 * bytes.size());
      damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
      const auto message = messageOf(damaged);
      QVERIFY2(message.startsWith("a.safetensors: "), QByteArray::number(qulonglong(bit)));
    }
  }

  void namesTheDamagedTensor() {
    Snapshot snapshot;
    snapshot.tensors["model.trunk"] = at::arange(4, at::kFloat);
    std::string bytes = toSafetensors(snapshot);
    bytes.back() ^= 1;
    QVERIFY2(messageOf(bytes).contains("tensor model.trunk: its checksum differs"),
             messageOf(bytes));
  }

  void refusesEveryTruncation() {
    const std::string bytes = toSafetensors(everything());
    for (size_t size = 0; size < bytes.size(); size += 1 + size / 50)
      QVERIFY(!messageOf(bytes.substr(0, size)).isEmpty());
    QVERIFY(!messageOf(bytes + "x").isEmpty());
  }

  void refusesHostileHeaders_data() {
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char* name, const std::string& bytes) {
      QTest::newRow(name) << QByteArray(bytes.data(), static_cast<int>(bytes.size()));
    };
    row("empty", "");
    row("huge length", std::string(8, '\xff') + "{}");
    row("not JSON", withHeader("{]"));
    row("a list", withHeader("[]"));
    row("no metadata", withHeader("{}"));
    row("metadata is no object", withHeader(R"({"__metadata__": 3})"));
    row("no checksum", withHeader(R"({"__metadata__": {"equipoise": "{}"}})"));
    row("metadata holds a number", withHeader(R"({"__metadata__": {"crc32_header": 3}})"));
    row("deep", withHeader(std::string(200000, '[')));
    row("not UTF-8", withHeader("{\"\xff\": 1}"));
  }

  void refusesHostileHeaders() {
    QFETCH(QByteArray, bytes);
    const auto message = messageOf(bytes.toStdString());
    QVERIFY2(message.contains("damaged or not a checkpoint"), message);
  }

  /// Headers whose checksum is right, but whose places are not: edited after they were signed.
  void refusesForgedPlaces_data() {
    QTest::addColumn<QByteArray>("entry");
    QTest::newRow("hole") << QByteArray(R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})");
    QTest::newRow("beyond") << QByteArray(R"({"dtype":"F32","shape":[9],"data_offsets":[0,36]})");
    QTest::newRow("backwards") << QByteArray(R"({"dtype":"F32","shape":[1],"data_offsets":[8,4]})");
    QTest::newRow("overflow") << QByteArray(
        R"({"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]})");
    QTest::newRow("negative") << QByteArray(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})");
    QTest::newRow("huge offset") << QByteArray(
        R"({"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]})");
    QTest::newRow("fraction") << QByteArray(
        R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})");
    QTest::newRow("unknown type") << QByteArray(
        R"({"dtype":"F8","shape":[8],"data_offsets":[0,8]})");
    QTest::newRow("no shape") << QByteArray(R"({"dtype":"F32","data_offsets":[0,8]})");
    QTest::newRow("three offsets")
        << QByteArray(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,8]})");
    QTest::newRow("rank") << QByteArray(R"({"dtype":"F32","shape":[)" +
                                        QByteArray("1,").repeated(99) +
                                        R"(2],"data_offsets":[0,8]})");
    QTest::newRow("a list") << QByteArray("[]");
    QTest::newRow("trailing data")
        << QByteArray(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})");
  }

  void refusesForgedPlaces() {
    QFETCH(QByteArray, entry);
    const auto message = messageOf(signedFile(entry.toStdString()));
    QVERIFY2(message.contains("damaged or not a checkpoint"), message);
    QVERIFY2(!message.contains("header's checksum"), message);
  }

  void acceptsAHonestlySignedFile() {
    QCOMPARE(messageOf(signedFile(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})")),
             QByteArray());
  }

  void opensInPython() {
    QTemporaryDir folder;
    const auto file = folder.filePath("a.safetensors");
    eq::run::writeSnapshot(file.toStdString(), everything());
    QProcess python;
    python.start("python3", {"-c",
                             "import sys, json\n"
                             "try:\n  from safetensors import safe_open; import numpy\n"
                             "except ImportError: sys.exit(77)\n"
                             "f = safe_open(sys.argv[1], framework='np')\n"
                             "t = f.get_tensor('turned')\n"
                             "assert t.shape == (4, 3) and t[1, 2] == 9, t\n"
                             "assert f.get_tensor('type.Long').tolist()[0] == 2\n"
                             "assert json.loads(f.metadata()['equipoise'])['step'] == 12\n",
                             file});
    QVERIFY(python.waitForFinished());
    if (python.exitCode() == 77) QSKIP("Python has no safetensors");
    QVERIFY2(python.exitCode() == 0, python.readAllStandardError());
  }

 private:
  /// A file of one tensor over eight zero bytes, whose checksums are right.
  static std::string signedFile(const std::string& entry) {
    std::string header = R"({"__metadata__":{"crc32.a":"6522df69","crc32_header":"00000000",)"
                         R"("equipoise":"{}"},"a":)" +
                         entry + "}";
    const std::string bytes = withHeader(header);
    const auto checksum = QString("%1").arg(crc32(bytes), 8, 16, QChar('0')).toStdString();
    header.replace(header.find("00000000"), 8, checksum);
    return withHeader(header, std::string(8, '\0'));
  }

  /// CRC-32 (IEEE 802.3), bit by bit.
  static std::uint32_t crc32(const std::string& bytes) {
    std::uint32_t crc = ~0u;
    for (const unsigned char byte : bytes) {
      crc ^= byte;
      for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0u);
    }
    return ~crc;
  }
};

EQUIPOISE_TEST(TestSafetensors)
#include "tst_safetensors.moc"
