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
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char* name, const std::string& bytes, const char* message) {
      QTest::newRow(name) << QByteArray(bytes.data(), static_cast<int>(bytes.size()))
                          << QByteArray(message);
    };
    row("empty", "", "it has 0 bytes");
    row("huge length", std::string(8, '\xff') + "{}",
        "a header of 18446744073709551615 bytes is above 100000000");
    row("long header", withHeader("{}").substr(0, 9), "the header needs 2 bytes, the file has 9");
    row("not JSON", withHeader("{]"), "the header is not JSON");
    row("a list", withHeader("[]"), "the header is not JSON");
    row("deep", withHeader(std::string(200000, '[')), "the header is not JSON");
    row("not UTF-8", withHeader("{\"\xff\": 1}"), "the header is not JSON");
    row("no metadata", withHeader("{}"), "there is no __metadata__");
    row("metadata is no object", withHeader(R"({"__metadata__": 3})"), "there is no __metadata__");
    row("no checksum", withHeader(R"({"__metadata__": {"equipoise": "{}"}})"),
        "__metadata__ has no crc32_header");
    row("metadata holds a number", withHeader(R"({"__metadata__": {"crc32_header": 3}})"),
        "__metadata__: crc32_header is not a text");
    row("checksum that is not found", withHeader(R"({"__metadata__": {"crc32_header": "00"}})"),
        "the header's checksum is missing");
    row("other checksum", withHeader(R"({"__metadata__":{"crc32_header":"00000001"}})"),
        "the header's checksum differs");
  }

  void refusesHostileHeaders() {
    QFETCH(QByteArray, bytes);
    QFETCH(QByteArray, message);
    const auto found = messageOf(bytes.toStdString());
    QCOMPARE(found, "a.safetensors: damaged or not a checkpoint: " + message +
                        "; take another checkpoint");
  }

  /// Headers whose checksum is right, but whose places are not: edited after they were signed.
  void refusesForgedPlaces_data() {
    QTest::addColumn<QByteArray>("entry");
    QTest::addColumn<QByteArray>("message");
    const auto row = [](const char* name, const QByteArray& entry, const char* message) {
      QTest::newRow(name) << entry << QByteArray(message);
    };
    row("hole", R"({"dtype":"F32","shape":[1],"data_offsets":[4,8]})",
        "tensor a: its bytes start at 4, expected 0");
    row("beyond", R"({"dtype":"F32","shape":[9],"data_offsets":[0,36]})",
        "tensor a: bytes 0 to 36 of 8, its shape needs 36");
    row("too few bytes", R"({"dtype":"F32","shape":[2],"data_offsets":[0,4]})",
        "tensor a: bytes 0 to 4 of 8, its shape needs 8");
    row("backwards", R"({"dtype":"F32","shape":[1],"data_offsets":[8,4]})",
        "tensor a: its bytes start at 8, expected 0");
    row("overflow", R"({"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]})",
        "tensor a: the shape [4611686018427387904,4] is too large");
    row("huge size", R"({"dtype":"U8","shape":[0,9223372036854775808],"data_offsets":[0,0]})",
        "tensor a: the shape [0,9223372036854775808] is too large");
    row("negative", R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})",
        "tensor a: [-2] is no list of whole numbers from 0");
    row("huge offset", R"({"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]})",
        "tensor a: bytes 0 to 18446744073709551615 of 8, its shape needs 8");
    row("fraction", R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})",
        "tensor a: [2.0] is no list of whole numbers from 0");
    row("text as offset", R"({"dtype":"F32","shape":[2],"data_offsets":["0",8]})",
        R"(tensor a: ["0",8] is no list of whole numbers from 0)");
    row("unknown type", R"({"dtype":"F8","shape":[8],"data_offsets":[0,8]})",
        "tensor a: unknown dtype F8");
    row("no shape", R"({"dtype":"F32","data_offsets":[0,8]})",
        "tensor a: expected dtype, shape and data_offsets");
    row("three offsets", R"({"dtype":"F32","shape":[2],"data_offsets":[0,8,8]})",
        "tensor a: expected dtype, shape and data_offsets");
    row("a list", "[]", "tensor a: expected dtype, shape and data_offsets");
    row("rank",
        R"({"dtype":"F32","shape":[)" + QByteArray("1,").repeated(99) +
            R"(2],"data_offsets":[0,8]})",
        "tensor a: 100 dimensions");
    row("trailing data", R"({"dtype":"F32","shape":[1],"data_offsets":[0,4]})",
        "tensor a: its checksum differs");
    row("data of no tensor", R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})",
        "tensor a: its checksum differs");
    row("no checksum of a tensor",
        R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
        R"("b":{"dtype":"U8","shape":[0],"data_offsets":[8,8]})",
        "__metadata__ has no crc32.b");
  }

  void refusesForgedPlaces() {
    QFETCH(QByteArray, entry);
    QFETCH(QByteArray, message);
    QCOMPARE(
        messageOf(signedFile(entry.toStdString())),
        "a.safetensors: damaged or not a checkpoint: " + message + "; take another checkpoint");
  }

  void refusesForgedMetadata() {
    const std::string whole = R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})";
    for (const std::string meta : {"[]", "", "{", "3"})
      QCOMPARE(messageOf(signedFile(whole, meta)),
               QByteArray("a.safetensors: damaged or not a checkpoint: __metadata__: equipoise is "
                          "not JSON; take another checkpoint"));
    QCOMPARE(messageOf(signedFile(whole, "{}", 9)),
             QByteArray("a.safetensors: damaged or not a checkpoint: 9 bytes of data, expected 8; "
                        "take another checkpoint"));
  }

  void refusesToWriteWhatCouldNotBeRead() {
    const auto written = [](const char* name, const at::Tensor& tensor, const json& meta) {
      Snapshot snapshot;
      snapshot.tensors[name] = tensor;
      snapshot.meta = meta;
      try {
        toSafetensors(snapshot);
      } catch (const eq::Error& error) {
        return QByteArray(error.what());
      }
      return QByteArray();
    };
    const auto one = at::arange(1, at::kFloat);
    QCOMPARE(written("a", one, json::object()), QByteArray());
    QCOMPARE(written("__metadata__", one, json::object()),
             QByteArray("checkpoint: a tensor cannot be named __metadata__"));
    QCOMPARE(written("a", one.to(at::kComplexFloat), json::object()),
             QByteArray("checkpoint: tensor a: the type ComplexFloat cannot be written"));
    json deep = json::object();
    for (int i = 0; i < 100; ++i) deep = {{"a", deep}};
    QCOMPARE(written("a", one, deep),
             QByteArray("checkpoint: more than 100 brackets stand within each other"));
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
  /// A file of one tensor over zero bytes, whose checksums are right when they are eight.
  static std::string signedFile(const std::string& entry, const std::string& meta = "{}",
                                size_t count = 8) {
    std::string header =
        R"({"__metadata__":{"crc32.a":"6522df69","crc32_header":"00000000","equipoise":)" +
        json(meta).dump() + R"(},"a":)" + entry + "}";
    const std::string bytes = withHeader(header);
    const auto checksum = QString("%1").arg(crc32(bytes), 8, 16, QChar('0')).toStdString();
    header.replace(header.find("00000000"), 8, checksum);
    return withHeader(header, std::string(count, '\0'));
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
