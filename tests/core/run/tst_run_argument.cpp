#include <filesystem>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "core/run/atomic_file.h"
#include "core/run/run_argument.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::run::runArgument;
using eq::run::runFolder;
using eq::run::runPlace;

class TestRunArgument : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<QTemporaryDir> temporary_;

  fs::path at(const std::string& name) const {
    return fs::path(temporary_->path().toStdString()) / name;
  }
  /// What counts as a run: its records.
  fs::path makeRun(const std::string& name) const {
    fs::create_directories(at(name));
    eq::run::writeAtomically(at(name) / "run.sqlite", "");
    return at(name);
  }
  static std::string refusalOf(const fs::path& given) {
    try {
      runFolder(given);
    } catch (const eq::Error& error) {
      return error.what();
    }
    return "nothing thrown";
  }

 private Q_SLOTS:
  void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

  void theTextBehindTheLastAtIsTheStepWhenItIsAnInteger() {
    const auto is = [](const std::string& text, const fs::path& folder, std::int64_t step) {
      const auto place = runPlace(text);
      return place.folder == folder && place.step == step;
    };
    QVERIFY(is("runs/a", "runs/a", -1));
    QVERIFY(is("runs/a@12", "runs/a", 12));
    QVERIFY(is("runs/a@0", "runs/a", 0));
    QVERIFY(is("me@home/a@3", "me@home/a", 3));
    QVERIFY(is("a@1@2", "a@1", 2));
    for (const std::string text : {"me@home/a", "a@", "a@1.5", "a@x"}) QVERIFY(is(text, text, -1));
    for (const std::string text : {"a@-1", "a@99999999999999999999"}) {
      try {
        runPlace(text);
        QFAIL("it was taken");
      } catch (const eq::Error& error) {
        QCOMPARE(std::string(error.what()),
                 text + ": a step is counted from 0, found " + text.substr(2));
      }
    }
  }

  void aFolderThatHoldsOneRunStandsForIt() {
    const auto run = makeRun("sweep/only");
    eq::run::writeAtomically(at("sweep") / "sweep.json", "{}");
    fs::create_directories(at("sweep/no-run"));
    QCOMPARE(runFolder(run), run);
    QCOMPARE(runFolder(at("sweep")), run);
    const auto place = runArgument(at("sweep").string() + "@7");
    QCOMPARE(place.folder, run);
    QCOMPARE(place.step, 7);
  }

  void ofSeveralRunsAllAreNamed() {
    for (const auto* name : {"b", "a", "c"}) makeRun(std::string("runs/") + name);
    QCOMPARE(refusalOf(at("runs")),
             at("runs").string() + ": is not a run folder, and holds 3 runs: name one of a, b, c");
  }

  void whatHoldsNoneIsRefused() {
    fs::create_directories(at("empty"));
    QVERIFY(QString::fromStdString(refusalOf(at("empty"))).contains("is not a run folder"));
    QVERIFY(QString::fromStdString(refusalOf(at("absent"))).contains("there is no such run"));
  }
};

EQUIPOISE_TEST(TestRunArgument)
#include "tst_run_argument.moc"
