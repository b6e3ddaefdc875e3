#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/base/paths.h"
#include "tests/registry.h"

using eq::findPath;

class TestPaths : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  const std::filesystem::path own_ = folder_.path().toStdString();

  QString message(const std::string& given) const {
    try {
      findPath(given, own_, "data.path");
    } catch (const eq::Error& error) {
      return QString::fromStdString(error.what());
    }
    return {};
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(QDir(folder_.path()).mkpath("data"));
    QFile file(folder_.filePath("data/own.csv"));
    QVERIFY(file.open(QIODevice::WriteOnly));
  }

  void findsTheSamples() {
    QVERIFY(std::filesystem::exists(eq::samplesFolder() / "data/wine.csv"));
  }

  void looksInTheExperimentsFolderFirst() {
    QCOMPARE(findPath("data/own.csv", own_, "x"), own_ / "data/own.csv");
    QCOMPARE(findPath("data/wine.csv", own_, "x"), eq::samplesFolder() / "data/wine.csv");
    QVERIFY(QFile::copy(folder_.filePath("data/own.csv"), folder_.filePath("data/wine.csv")));
    QCOMPARE(findPath("data/wine.csv", own_, "x"), own_ / "data/wine.csv");
  }

  void takesAbsolutePathsAsTheyAre() {
    const auto file = own_ / "data/own.csv";
    QCOMPARE(findPath(file.string(), "/", "x"), file);
  }

  void withoutAFolderItIsTheWorkingDirectory() {
    QVERIFY(QDir::setCurrent(folder_.path()));
    QCOMPARE(findPath("data/own.csv", {}, "x").lexically_normal(),
             std::filesystem::current_path() / "data/own.csv");
  }

  void namesEveryPlaceItLookedIn() {
    QCOMPARE(message("none.csv"),
             QString::fromStdString("data.path: there is no none.csv in " + own_.string() + " or " +
                                    eq::samplesFolder().string()));
    QCOMPARE(message("/no/where"), QString("data.path: there is no /no/where"));
    QCOMPARE(message(""), QString("data.path: expected a path, found an empty text"));
  }
};

EQUIPOISE_TEST(TestPaths)
#include "tst_paths.moc"
