#include "core/run/merging/merge_memory.h"

#include <fstream>
#include <thread>

#include <QTemporaryDir>
#include <QTest>

#include "core/base/error.h"
#include "tests/core/run/merging/merge_fixture.h"

namespace fs = std::filesystem;

using eq::run::MergeMemory;
using eq::run::MergePart;
using eq::run::MergeRequest;
using eq::run::mergeRuns;
using eq::run::mergeStateFile;
using eq::test::MergeFixture;
using nlohmann::json;

namespace {

struct Stopped {};

/// Ends a merge before the n-th of its steps.
void stopBefore(const MergeRequest& request, int last) {
  int steps = 0;
  try {
    mergeRuns(request, [&](const MergePart& part) {
      if (part.of > 0 && ++steps == last) throw Stopped();
    });
    qFatal("it was not stopped");
  } catch (const Stopped&) {
  }
}

struct Done {
  json report;
  int steps = 0, remarks = 0;
};
Done mergedAll(const MergeRequest& request) {
  Done done;
  done.report = mergeRuns(request, [&](const MergePart& part) {
                  done.steps += part.of > 0 ? 1 : 0;
                  done.remarks += part.isRemark ? 1 : 0;
                }).report;
  return done;
}

/// What differs between two runs that merges made; empty: nothing.
std::string difference(const fs::path& one, const fs::path& other) {
  for (const auto* file : {"checkpoint", "extras"}) {
    const auto read = [&](const fs::path& run) {
      if (file == std::string("checkpoint")) return MergeFixture::lastCheckpoint(run).tensors;
      const auto extras = run / "extras.safetensors";
      return fs::exists(extras) ? eq::run::readSnapshot(extras).tensors
                                : std::map<std::string, at::Tensor>();
    };
    const auto a = read(one), b = read(other);
    if (a.size() != b.size()) return file;
    for (const auto& [name, tensor] : a)
      if (!b.contains(name) || !tensor.equal(b.at(name))) return file + (" " + name);
  }
  return {};
}

}  // namespace

/// Merges that are stopped or killed go on.
class TestMergeMemory : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  std::unique_ptr<MergeFixture> numbers_, wine_;

  fs::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

 private Q_SLOTS:
  void initTestCase() {
    numbers_ = std::make_unique<MergeFixture>(path("numbers"));
    wine_ = std::make_unique<MergeFixture>(path("wine"), std::vector<std::string>(),
                                           MergeFixture::wine());
  }

  void whatWasStoppedGoesOnToTheBit_data() {
    QTest::addColumn<QString>("id");
    QTest::addColumn<QString>("params");
    QTest::addColumn<bool>("ofWine");
    QTest::addColumn<int>("stop");
    QTest::addColumn<int>("left");
    const auto add = [](const char* name, const char* id, const char* params, bool ofWine, int stop,
                        int left) {
      QTest::newRow(name) << QString(id) << QString(params) << ofWine << stop << left;
    };
    add("adamerging", "adamerging", R"({"steps": 8, "lr": 0.01})", true, 5, 4);
    add("atlas", "atlas", R"({"steps": 8, "partitions": 2, "lr": 0.05})", false, 5, 4);
    add("atlas forgets", "atlas", R"({"steps": 8, "objective": "negate", "lr": 0.1})", false, 3, 6);
    add("self positioning", "self_positioning",
        R"({"steps": 8, "lr": 0.001, "softmax": true, "learn_scale": true})", false, 5, 4);
    add("surgery", "surgery", R"({"steps": 8, "rank": 2})", false, 5, 4);
    add("tinting", "tinting", R"({"steps": 8})", true, 5, 4);
    add("scalearn", "scalearn", R"({"steps": 8, "batch_size": 16})", false, 5, 4);
    add("nothing done", "surgery", R"({"steps": 8, "rank": 2})", false, 1, 8);
    // Three rounds of three tasks of two steps: 18 of them.
    add("atm, in a round", "atm", R"({"rounds": 3, "epochs": 0.5})", false, 10, 9);
    add("atm, at a round", "atm", R"({"rounds": 3, "epochs": 0.5})", false, 7, 12);
  }
  void whatWasStoppedGoesOnToTheBit() {
    QFETCH(QString, id);
    QFETCH(QString, params);
    QFETCH(bool, ofWine);
    QFETCH(int, stop);
    QFETCH(int, left);
    const auto requested = [&] {
      auto request =
          (ofWine ? wine_ : numbers_)->request(id.toStdString(), json::parse(params.toStdString()));
      if (id == "atm") request.runs.clear();
      if (params.contains("negate")) request.runs = {request.runs[0]};
      return request;
    };
    const auto whole = requested(), stopped = requested();
    const auto expected = mergedAll(whole);
    QVERIFY(!fs::exists(mergeStateFile(whole.out)));
    stopBefore(stopped, stop);
    QVERIFY(!fs::exists(stopped.out));
    QVERIFY(fs::exists(mergeStateFile(stopped.out)));
    const auto found = mergedAll(stopped);
    QCOMPARE(found.steps, left);
    QCOMPARE(found.remarks, 1);
    QCOMPARE(expected.steps, stop - 1 + left);
    QCOMPARE(difference(whole.out, stopped.out), std::string());
    for (const char* field : {"coefficients", "fields", "tasks", "mean", "warnings"})
      QVERIFY2(found.report[field] == expected.report[field], field);
    QVERIFY(!fs::exists(mergeStateFile(stopped.out)));
  }

  void evaluationsOfRoundsBeforeAreThere() {
    auto request = wine_->request("atm", {{"rounds", 3}, {"epochs", 0.25}});
    request.runs.clear();
    auto whole = request;
    whole.out += "-whole";
    mergeRuns(whole);
    stopBefore(request, 9);
    mergeRuns(request);
    const auto found = eq::run::RunReader(request.out).evaluations(),
               expected = eq::run::RunReader(whole.out).evaluations();
    QCOMPARE(found.size(), expected.size());
    for (size_t i = 0; i < found.size(); ++i) {
      QCOMPARE(found[i].step, expected[i].step);
      QVERIFY(found[i].tasks == expected[i].tasks);
      QCOMPARE(found[i].reports.size(), expected[i].reports.size());
      for (const auto& [task, report] : expected[i].reports)
        QVERIFY(found[i].reports.at(task).confusion == report.confusion);
    }
  }

  void anotherMergeBeginsAnew() {
    auto request = numbers_->request("surgery", {{"steps", 8}, {"rank", 2}});
    stopBefore(request, 5);
    request.params["steps"] = 7;
    const auto found = mergedAll(request);
    QCOMPARE(found.steps, 7);
    QCOMPARE(found.report["warnings"].size(), size_t{1});
    const auto warning = found.report["warnings"][0].get<std::string>();
    QVERIFY2(warning.find("was kept by another merge into the same folder") != std::string::npos,
             warning.c_str());
  }

  void aDamagedStateIsNotTaken() {
    const auto request = numbers_->request("surgery", {{"steps", 8}, {"rank", 2}});
    stopBefore(request, 5);
    const auto file = mergeStateFile(request.out);
    {
      std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekp(-3, std::ios::end);
      bytes.put('\x55');
    }
    const auto found = mergedAll(request);
    QCOMPARE(found.steps, 8);
    const auto warning = found.report["warnings"].at(0).get<std::string>();
    QVERIFY2(warning.starts_with(file.string()), warning.c_str());
    QVERIFY(!fs::exists(file));
  }

  void aFailureLeavesNothing() {
    const auto request = numbers_->request("atlas", {{"steps", 8}});
    stopBefore(request, 5);
    try {
      mergeRuns(request, [](const MergePart& part) {
        if (part.step == 7) throw eq::Error("it failed", eq::ErrorKind::failure);
      });
      QFAIL("it went on");
    } catch (const eq::Error&) {
      QVERIFY(!fs::exists(mergeStateFile(request.out)));
    }
  }

  /// Who is killed loses a second of work.
  void aStateIsKeptEverySecond() {
    const auto out = path("killed");
    int asked = 0;
    const auto state = [&asked] {
      ++asked;
      return eq::train::Snapshot{{}, {{"step", asked}}};
    };
    MergeMemory memory(out, {{"id", "atlas"}});
    memory.keepInTime(state);
    QCOMPARE(asked, 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1010));
    memory.keepInTime(state);
    memory.keepInTime(state);
    QCOMPARE(asked, 1);
    const MergeMemory again(out, {{"id", "atlas"}}), other(out, {{"id", "surgery"}});
    QVERIFY(again.kept() && again.refusal().empty());
    QCOMPARE(again.kept()->meta.at("step").get<int>(), 1);
    QVERIFY(again.secondsBefore() > 1);
    QVERIFY(!other.kept() && !other.refusal().empty());
  }
};

EQUIPOISE_TEST(TestMergeMemory)
#include "tst_merge_memory.moc"
