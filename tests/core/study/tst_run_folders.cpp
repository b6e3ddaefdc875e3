#include "core/study/run_folders.h"

#include <QTemporaryDir>
#include <QtTest>

#include "core/base/error.h"
#include "core/run/run_folder.h"
#include "tests/registry.h"

namespace fs = std::filesystem;
using eq::study::runFolders;

namespace {

void makeRun(const fs::path& folder) {
  fs::create_directories(folder);
  eq::run::RunWriter::Start start;
  start.experiment = {{"name", "x"}};
  eq::run::RunWriter::create(folder, start);
}

}  // namespace

class RunFoldersTest : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void init() { place_ = std::make_unique<QTemporaryDir>(); }

  void aRunStandsForItself() {
    makeRun(workspace() / "a");
    QCOMPARE(runFolders(workspace() / "a"), std::vector{workspace() / "a"});
  }

  void aFolderStandsForTheRunsInItByName() {
    makeRun(workspace() / "b");
    makeRun(workspace() / "a");
    fs::create_directories(workspace() / "no run");
    QCOMPARE(runFolders(workspace()), (std::vector{workspace() / "a", workspace() / "b"}));
  }

  void whatHoldsNoRunIsRefused() {
    QVERIFY_THROWS_EXCEPTION(eq::Error, runFolders(workspace()));
    QVERIFY_THROWS_EXCEPTION(eq::Error, runFolders(workspace() / "none"));
  }

 private:
  fs::path workspace() const { return place_->path().toStdString(); }
  std::unique_ptr<QTemporaryDir> place_;
};

EQUIPOISE_TEST(RunFoldersTest)
#include "tst_run_folders.moc"
