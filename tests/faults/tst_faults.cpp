// A short run is made, resumed and forked, and its program ended or hindered at each call that
// changes or reads its files. All calls: tests/scripts/kill; every few by default.
#include <cerrno>
#include <fstream>

#include <QTest>

#include "core/base/error.h"
#include "tests/faults/short_run.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::test::Settings;
using eq::test::ShortRun;
using eq::test::stride;
using eq::test::Work;

Q_DECLARE_METATYPE(eq::test::Work)

namespace {

constexpr std::pair<const char*, Work> kWorks[] = {
    {"run", Work::run}, {"resume", Work::resume}, {"fork", Work::fork}};

/// The number that the library left in a file; 0 when the program made too few calls.
int numberIn(const fs::path& file) {
  int number = 0;
  std::ifstream(file) >> number;
  return number;
}

/// What is missing from how a program ended that could not do its work. Empty when nothing is.
std::string missingFrom(const eq::test::Ended& ended, const fs::path& workspace) {
  const auto end = ended.said.find_last_not_of('\n');
  const auto line = ended.said.substr(ended.said.rfind('\n', end) + 1);
  if (ended.code != 1 && ended.code != 2) return fmt::format("exit code {}", ended.code);
  if (line.find(workspace) == std::string::npos) return "no path";
  if (line.find("cannot be") == std::string::npos) return "nothing that cannot be done";
  return {};
}

}  // namespace

class TestFaults : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<ShortRun> run_;

 private Q_SLOTS:
  void initTestCase() { run_ = std::make_unique<ShortRun>(); }

  void losesNothingWhenKilledBetweenAnyTwoCalls_data() {
    QTest::addColumn<Work>("work");
    for (const auto& [name, work] : kWorks) QTest::newRow(name) << work;
  }
  void losesNothingWhenKilledBetweenAnyTwoCalls() {
    QFETCH(Work, work);
    int kills = 0;
    for (int at = 1;; at += stride(29)) {
      const auto workspace = run_->freshWorkspace(work);
      const auto ended =
          run_->perform(work, workspace, {{"KIND", "kill"}, {"AT", QString::number(at)}});
      QVERIFY2(ended, qPrintable(QString("hangs at call %1").arg(at)));
      if (!ended->killed) break;
      const auto found = run_->broken(work, workspace, ended->said);
      QVERIFY2(found.empty(), fmt::format("call {}: {}", at, found).c_str());
      fs::remove_all(workspace);
      ++kills;
    }
    qInfo("%d kills", kills);
    QVERIFY(kills >= 3);
  }

  void saysWhichCallFailed_data() {
    QTest::addColumn<Work>("work");
    QTest::addColumn<QString>("kind");
    QTest::addColumn<bool>("stays");
    const std::pair<const char*, int> codes[] = {
        {"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EROFS", EROFS}};
    for (const auto& [work, value] : kWorks) {
      const auto row = [&, work = work, value = value](const char* kind) -> QTestData& {
        return QTest::newRow(qPrintable(QString("%1, %2").arg(work, kind))) << value;
      };
      for (const auto& [name, code] : codes) row(name) << QString::number(code) << false;
      row("a disk that stays full") << QString::number(ENOSPC) << true;
      row("short write") << "short" << false;
    }
  }

  /// The program either ends well and whole, or says what could not be done and leaves what can be
  /// resumed.
  void saysWhichCallFailed() {
    QFETCH(Work, work);
    QFETCH(QString, kind);
    QFETCH(bool, stays);
    const auto count = run_->path("count");
    std::string broken;
    int tried = 0, refused = 0;
    for (int at = 1;; at += stride(97)) {
      const auto workspace = run_->freshWorkspace(work);
      Settings settings{
          {"KIND", kind}, {"AT", QString::number(at)}, {"COUNT", QString::fromStdString(count)}};
      if (stays) settings["STAYS"] = "1";
      fs::remove(count);
      const auto ended = run_->perform(work, workspace, settings);
      if (ended && !ended->killed && numberIn(count) < at) break;
      auto found = ended ? brokenBy(work, *ended, workspace) : "hangs";
      if (!found.empty()) broken += fmt::format("call {}: {}\n", at, found);
      refused += ended && ended->code != 0;
      fs::remove_all(workspace);
      ++tried;
    }
    qInfo("%d calls failed, %d of them ended the program", tried, refused);
    QVERIFY2(broken.empty(), broken.c_str());
    QVERIFY(tried >= 1);
    QCOMPARE(refused > 0, kind != "short");
  }

 private:
  /// What is broken after a call that failed. Empty when all is kept, and was said.
  std::string brokenBy(Work work, const eq::test::Ended& ended, const fs::path& workspace) const {
    auto found = ended.killed ? "crashes" : run_->broken(work, workspace, ended.said);
    if (found.empty() && ended.code != 0) found = missingFrom(ended, workspace);
    return found.empty() ? found : found + '\n' + ended.said;
  }
};

EQUIPOISE_TEST(TestFaults)
#include "tst_faults.moc"
