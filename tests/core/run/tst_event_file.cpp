#include <cmath>
#include <limits>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/exchange/event_file.h"
#include "core/run/exchange/protobuf.h"
#include "core/run/exchange/tensorboard.h"
#include "core/study/recorded_run.h"
#include "tests/registry.h"

using namespace eq;
using namespace eq::run;

namespace {

std::vector<ScalarEvent> scalarsOf(const std::string& bytes, EventFileEnd* end = nullptr) {
  std::vector<ScalarEvent> scalars;
  const auto found =
      readEventFile(bytes, "x", [&](const ScalarEvent& scalar) { scalars.push_back(scalar); });
  if (end) *end = found;
  return scalars;
}

std::string someFile() {
  EventFileBytes file(1000);
  for (int step = 1; step <= 3; ++step) file.add({1000.5 + step, step, "loss.left", 0.5 * step});
  file.add({2000, -7, "a \"b\"", std::numeric_limits<double>::quiet_NaN()});
  return file.take();
}

/// A tensor of one number, as TensorFlow 2 writes scalars.
std::string tensorEvent(int type, const std::string& content) {
  ProtobufWriter tensor, value, summary, event;
  tensor.varint(1, static_cast<std::uint64_t>(type));
  tensor.bytes(4, content);
  value.bytes(1, "loss");
  value.bytes(8, tensor.text());
  summary.bytes(1, value.text());
  event.number(1, 5.0);
  event.varint(2, 9);
  event.bytes(5, summary.text());
  return event.text();
}

template <typename Value>
std::string bytesOf(Value value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

}  // namespace

class TestEventFile : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// RFC 3720, B.4: of 32 zeros 0x8A9136AA, of "123456789" (everywhere) 0xE3069283.
  void checksumsAreThoseOfTheStandard() {
    const auto masked = [](std::uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U; };
    QCOMPARE(maskedCrc32c(std::string(32, '\0')), masked(0x8A9136AA));
    QCOMPARE(maskedCrc32c("123456789"), masked(0xE3069283));
  }

  void whatIsWrittenIsRead() {
    EventFileEnd end;
    const auto scalars = scalarsOf(someFile(), &end);
    QCOMPARE(scalars.size(), std::size_t(4));
    QCOMPARE(scalars[1].tag, std::string("loss.left"));
    QCOMPARE(scalars[1].step, std::int64_t(2));
    QCOMPARE(scalars[1].value, 1.0);
    QCOMPARE(scalars[1].wallTime, 1002.5);
    QCOMPARE(scalars[3].step, std::int64_t(-7));
    QVERIFY(std::isnan(scalars[3].value));
    QCOMPARE(end.read, someFile().size());
    QCOMPARE(end.left, std::size_t(0));
  }

  void aFileThatIsCutOffIsReadUpToThere() {
    const auto whole = someFile();
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EventFileEnd end;
      const auto scalars = scalarsOf(whole.substr(0, size), &end);
      QCOMPARE(end.read + end.left, size);
      QVERIFY(scalars.size() <= 3);
    }
  }

  void everyFlippedBitIsFoundAndItsPlaceTold() {
    const auto whole = someFile();
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
      auto bytes = whole;
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
      try {
        scalarsOf(bytes);
        QFAIL(qPrintable(QString("bit %1").arg(bit)));
      } catch (const Error& error) {
        const auto text = QString::fromUtf8(error.what());
        const auto place = text.section("byte ", 1).section(':', 0, 0).toULongLong();
        QVERIFY2(text.startsWith("x: byte ") && place <= bit / 8, qPrintable(text));
      }
    }
  }

  void numbersOfTensorsAreReadAndOtherValuesCounted() {
    EventFileBytes file(1);
    file.addRecord(tensorEvent(1, bytesOf(0.25F)));
    file.addRecord(tensorEvent(2, bytesOf(0.125)));
    file.addRecord(tensorEvent(1, bytesOf(0.25F) + bytesOf(0.5F)));
    file.addRecord(tensorEvent(7, "text"));
    EventFileEnd end;
    const auto scalars = scalarsOf(file.take(), &end);
    QCOMPARE(scalars.size(), std::size_t(2));
    QCOMPARE(scalars[0].value, 0.25);
    QCOMPARE(scalars[1].value, 0.125);
    QCOMPARE(end.otherValues, std::size_t(2));
  }

  void bytesThatAreNoEventAreRefused() {
    EventFileBytes file(1);
    file.addRecord("\x0A\xFF");
    const auto bytes = file.take();
    QVERIFY_EXCEPTION_THROWN(scalarsOf(bytes), Error);
    QVERIFY_EXCEPTION_THROWN(scalarsOf("this is no event file at all"), Error);
  }

  void aRunIsWrittenWithItsNamesStepsAndTimes() {
    QTemporaryDir folder;
    const std::filesystem::path place = folder.path().toStdString();
    test::RecordedRun recorded;
    train::StepRecord step;
    step.step = 3;
    step.seconds = 1.5;
    step.losses = {0.5, std::numeric_limits<double>::infinity()};
    step.weights = {1, 2};
    recorded.records.steps.push_back(step);
    recorded.ending(0.75);
    const RunReader run(recorded.write(place / "run"));
    const auto file = writeEventFile(run, place / "board" / "run");
    QVERIFY(file.filename().string().starts_with("events.out.tfevents."));
    std::map<std::string, ScalarEvent> byTag;
    for (const auto& scalar : scalarsOf(readWhole(file))) byTag[scalar.tag] = scalar;
    QCOMPARE(byTag.at("loss.left").value, 0.5);
    QCOMPARE(byTag.at("loss.left").step, std::int64_t(3));
    QVERIFY(std::abs(byTag.at("loss.left").wallTime - run.info().created - 1.5) < 1e-6);
    QVERIFY(std::isinf(byTag.at("loss.right").value));
    QCOMPARE(byTag.at("test.right.accuracy").value, 0.75);
    QCOMPARE(byTag.at("test.right.accuracy").step, std::int64_t(10));
    QCOMPARE(writeEventFile(run, place / "board" / "run"), file);
  }
};

EQUIPOISE_TEST(TestEventFile)
#include "tst_event_file.moc"
