// The power goes after each call that changes the files of a short run, which is made, resumed and
// forked. All calls: tests/scripts/kill; every few by default.
#include <fstream>
#include <map>

#include <QTest>

#include "core/base/error.h"
#include "tests/faults/lost_power.h"
#include "tests/faults/short_run.h"
#include "tests/registry.h"

namespace fs = std::filesystem;

using eq::test::Disk;
using eq::test::RecordedCall;
using eq::test::ShortRun;
using eq::test::stride;
using eq::test::Work;

Q_DECLARE_METATYPE(eq::test::Work)

namespace {

/// What a program did to the files of its workspace.
struct Recording {
  Work work;
  fs::path workspace;
  fs::path before;  ///< a copy of the workspace
  std::vector<RecordedCall> calls;
  std::string said;

  Disk disk() const { return {workspace, before}; }
};

/// Where the program asks for a sync; empty for other calls. SQLite asks by itself: there, each of
/// its files counts as a place.
std::string placeOf(const RecordedCall& call) {
  if (call.where != "SQLite") return call.where;
  const auto name = fs::path(call.path).filename().string();
  return "SQLite: " + (name.starts_with("run.sqlite") ? name : "folder");
}

/// Logs of a file that is not a run yet: it is moved after its own sync, when they are gone.
bool isNeedless(const std::string& place) {
  return place.starts_with("SQLite: run.sqlite.new-");
}

}  // namespace

class TestLostPower : public QObject {
  Q_OBJECT

 private:
  std::unique_ptr<ShortRun> run_;

  Recording record(Work work) {
    const auto workspace = run_->freshWorkspace(work);
    Recording recording{work, workspace, run_->freshWorkspace(work), {}, {}};
    const auto log = run_->path("calls");
    fs::remove(log);
    const auto ended = run_->perform(work, workspace, {{"LOG", QString::fromStdString(log)}});
    if (!ended || ended->killed || ended->code != 0) return recording;
    recording.calls = eq::test::readCalls(log);
    recording.said = ended->said;
    return recording;
  }

  /// What is broken when the power goes. \param chance of what has reached the disk.
  /// \param afterwards also when the run is resumed.
  std::string brokenNow(const Recording& recording, const Disk& disk, const RecordedCall& last,
                        std::mt19937* chance, bool afterwards) {
    const auto left = run_->freshFolder();
    disk.writeTo(left, chance);
    const auto said = recording.said.substr(0, last.said);
    const auto found = afterwards ? run_->broken(recording.work, left, said)
                                  : run_->brokenPromise(recording.work, left, said);
    fs::remove_all(left);
    return found;
  }

  /// Whether the loss of power breaks something when the program has no sync at this place.
  /// \param afterwards also when the run is resumed, which takes longer to find out.
  bool isNoticed(const Recording& recording, const std::string& missing, bool afterwards) {
    Disk disk = recording.disk();
    std::mt19937 chance(7);
    bool isMissing = false;
    for (const auto& call : recording.calls) {
      const bool isIgnored = placeOf(call) == missing;
      isMissing = isMissing || isIgnored;
      if (!isIgnored) disk.apply(call);
      if (!isMissing || call.name == "write") continue;
      for (int draw = 0; draw < 4; ++draw)
        if (!brokenNow(recording, disk, call, draw == 0 ? nullptr : &chance, afterwards).empty())
          return true;
    }
    return false;
  }

  static void addWorks() {
    QTest::addColumn<Work>("work");
    QTest::newRow("run") << Work::run;
    QTest::newRow("resume") << Work::resume;
    QTest::newRow("fork") << Work::fork;
  }

 private Q_SLOTS:
  void initTestCase() { run_ = std::make_unique<ShortRun>(); }

  void losesNothingOfWhatWasSaid_data() { addWorks(); }
  void losesNothingOfWhatWasSaid() {
    QFETCH(Work, work);
    const auto recording = record(work);
    const auto& calls = recording.calls;
    QVERIFY(calls.size() > 50);
    Disk disk = recording.disk();
    std::mt19937 chance(7);
    int states = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      disk.apply(calls[i]);
      if (i % static_cast<size_t>(stride(15)) != 0 && i + 1 < calls.size()) continue;
      for (std::mt19937* how : {static_cast<std::mt19937*>(nullptr), &chance, &chance}) {
        const auto found = brokenNow(recording, disk, calls[i], how, true);
        QVERIFY2(found.empty(), fmt::format("after call {} of {} ({} {}): {}", i + 1, calls.size(),
                                            calls[i].name, calls[i].path, found)
                                    .c_str());
        ++states;
      }
    }
    qInfo("%d states of the disk after %d calls", states, static_cast<int>(calls.size()));
  }

  void noticesEachSyncThatIsMissing_data() { addWorks(); }

  /// As if the program had been built without the call, for each place that calls.
  void noticesEachSyncThatIsMissing() {
    QFETCH(Work, work);
    const auto recording = record(work);
    std::map<std::string, std::string> paths;
    for (const auto& call : recording.calls)
      if (call.name == "sync" && !isNeedless(placeOf(call)))
        paths[placeOf(call)] += call.path + '\n';
    QVERIFY(paths.size() >= 4);
    qInfo("%d places", static_cast<int>(paths.size()));
    std::string unnoticed;
    for (const auto& [place, paths] : paths)
      if (!isNoticed(recording, place, false) && !isNoticed(recording, place, true))
        unnoticed += fmt::format("{}\n{}", place, paths);
    QVERIFY2(unnoticed.empty(), unnoticed.c_str());
  }
};

EQUIPOISE_TEST(TestLostPower)
#include "tst_lost_power.moc"
