#include "app/window_options.h"

#include <QCommandLineParser>
#include <QTest>

#include "core/base/error.h"
#include "tests/registry.h"

using eq::app::optionsOf;

namespace {

eq::app::WindowOptions parsed(const QStringList& arguments) {
  QCommandLineParser parser;
  eq::app::addOptions(parser);
  parser.parse(QStringList{"equipoise"} + arguments);
  return optionsOf(parser);
}

QString refusal(const QStringList& arguments) {
  try {
    parsed(arguments);
  } catch (const eq::Error& error) {
    return QString::fromUtf8(error.what());
  }
  return {};
}

}  // namespace

class TestWindowOptions : public QObject {
  Q_OBJECT

 private slots:
  void numbersAreReadWholeOrRefused() {
    // Regression: `--after abc` was 0 seconds.
    QCOMPARE(parsed({"--after", "2.5"}).after, 2.5);
    QCOMPARE(parsed({}).after, 3.0);
    for (const char* wrong : {"abc", "", "3s", "-1", "nan", "inf", "1e9", "1,5"})
      QCOMPARE(refusal({"--after", wrong}),
               QString("--after: seconds from 0 to 86400, found %1").arg(wrong));
    QCOMPARE(parsed({"--size", "640x480"}).size, QSize(640, 480));
    for (const char* wrong : {"640", "640x480x1", "ax480", "640x", "99x480", "640x480px"})
      QCOMPARE(refusal({"--size", wrong}), QString("--size: as 1280x800, found %1").arg(wrong));
    QCOMPARE(refusal({"--theme", "blue"}), QString("--theme: light, dark or system, found blue"));
  }
};

EQUIPOISE_TEST(TestWindowOptions)
#include "tst_window_options.moc"
