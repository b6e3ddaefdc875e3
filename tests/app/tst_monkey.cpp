#include <array>

#include <QApplication>
#include <QDesktopServices>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QUrl>

#include "app/monkey/monkey.h"
#include "tests/left_programs.h"
#include "tests/registry.h"

namespace {

constexpr std::array kSchemes{"file", "http", "https"};

int fromEnvironment(const char* name, int otherwise) {
  bool is = false;
  const int value = qEnvironmentVariableIntValue(name, &is);
  return is ? value : otherwise;
}

}  // namespace

/// Seeded random actions. EQUIPOISE_MONKEY_SEED, EQUIPOISE_MONKEY_ACTIONS and EQUIPOISE_MONKEY_HANG
/// (seconds) choose another walk; EQUIPOISE_MONKEY_LIST is the file of the list. See
/// tests/scripts/monkey.
class TestMonkey : public QObject {
  Q_OBJECT

 public slots:
  /// In place of a browser or a file manager.
  void openNothing(const QUrl&) {}

 private slots:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    QApplication::setQuitOnLastWindowClosed(false);
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, folder_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("monkey");
    for (const char* scheme : kSchemes)
      QDesktopServices::setUrlHandler(scheme, this, "openNothing");
  }
  void cleanupTestCase() {
    for (const char* scheme : kSchemes) QDesktopServices::unsetUrlHandler(scheme);
  }

  void theWindowStandsWhateverIsDoneToIt_data() {
    QTest::addColumn<int>("seed");
    if (qEnvironmentVariableIsSet("EQUIPOISE_MONKEY_SEED")) {
      QTest::newRow("chosen") << fromEnvironment("EQUIPOISE_MONKEY_SEED", 1);
      return;
    }
    QTest::newRow("1") << 1;
    QTest::newRow("2") << 2;
  }
  void theWindowStandsWhateverIsDoneToIt() {
    QFETCH(int, seed);
    const int actions = fromEnvironment("EQUIPOISE_MONKEY_ACTIONS", 250);
    const auto head = QString("EQUIPOISE_MONKEY_SEED=%1 EQUIPOISE_MONKEY_ACTIONS=%2 plays this:")
                          .arg(seed)
                          .arg(actions);
    QDir(folder_.path()).mkpath(QString::number(seed));
    eq::test::Material material(folder_.filePath(QString::number(seed)));
    eq::test::Journal journal(
        qEnvironmentVariable("EQUIPOISE_MONKEY_LIST", folder_.filePath("list.txt")), head,
        fromEnvironment("EQUIPOISE_MONKEY_HANG", 10));
    eq::test::Monkey monkey(static_cast<std::uint64_t>(seed), actions, material, journal);
    const auto problem = monkey.play();
    eq::test::endLeftPrograms();  // races and sweeps outlive their window
    if (!problem.isEmpty()) qInfo("%s", qPrintable(journal.text()));
    QVERIFY2(problem.isEmpty(), qPrintable(problem));
    qInfo("%d of %d actions during a run", monkey.duringRuns(), actions);
    QVERIFY(actions < 100 || monkey.duringRuns() > actions / 4);
  }

 private:
  QTemporaryDir folder_;
};

EQUIPOISE_TEST(TestMonkey)
#include "tst_monkey.moc"
