#include "widgets/session/shown_runs.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/session/run_colours.h"
#include "widgets/session/run_loading.h"
#include "widgets/session/run_names.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr int kSoon = 20000;  // ms, for machines with much else to do

struct Workspace {
  QTemporaryDir folder;
  std::filesystem::path at(const std::string& name) const {
    return std::filesystem::path(folder.path().toStdString()) / name;
  }
  std::filesystem::path make(const std::string& name, std::uint64_t seed = 1,
                             std::int64_t steps = 100) const {
    auto records = demoRecords(1, steps, 2);
    for (auto& step : records.steps) step.losses[0] += static_cast<double>(seed);
    records.events = {demoEvent(0, "started", "started")};
    return makeDemoRun(at(name), demoExperiment("Demo", seed), records);
  }
};

QStringList namesOf(const ShownRuns& shown) {
  QStringList out;
  for (const ShownRun& run : shown.runs()) out << run.name;
  return out;
}

}  // namespace

class TestShownRuns : public QObject {
  Q_OBJECT

 private slots:
  /// Whoever had it takes another one then.
  void aColourThatAPersonChoseIsTheRuns() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    loadRun(focus, space.make("one", 1));
    shown.setFocus(space.at("one"));
    shown.setShown(space.make("two", 2), true);
    QCOMPARE(shown.colourOf(space.at("one")), std::optional(0));
    QCOMPARE(shown.colourOf(space.at("two")), std::optional(1));
    QSignalSpy changes(&shown, &ShownRuns::changed);
    RunColours::instance().set(space.at(""), {{space.at("two"), 0}});
    QCOMPARE(changes.size(), 1);
    QCOMPARE(shown.colourOf(space.at("two")), std::optional(0));
    QCOMPARE(shown.colourOf(space.at("one")), std::optional(1));
    RunColours::instance().set(space.at(""), {});
    QCOMPARE(changes.size(), 2);
  }

  void aChosenRunIsReadInAThreadAndShownBesideTheFocus() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    loadRun(focus, space.make("one", 1));
    shown.setFocus(space.at("one"));
    QCOMPARE(shown.runs().size(), 1u);
    QVERIFY(shown.runs()[0].focus && shown.runs()[0].data == &focus);
    shown.setShown(space.make("two", 2), true);
    QVERIFY(shown.isShown(space.at("two")));
    QCOMPARE(shown.runs().size(), 1u);  // not read yet
    QTRY_COMPARE_WITH_TIMEOUT(shown.runs().size(), std::size_t(2), kSoon);
    const ShownRun& two = shown.runs()[1];
    QCOMPARE(two.data->x(XUnit::step).size(), 100u);
    QCOMPARE(two.data->losses(0)[0], focus.losses(0)[0] + 1);
    QCOMPARE(two.data->thread(), thread());
    QVERIFY(!two.focus && two.sharedUntil == 0);
  }

  void aColourStaysAsLongAsItsRunIsShown() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    shown.setFocus(space.make("one"));
    for (const char* name : {"two", "three"}) shown.setShown(space.make(name), true);
    QCOMPARE(shown.colourOf(space.at("one")), std::optional(0));
    QCOMPARE(shown.colourOf(space.at("three")), std::optional(2));
    shown.setShown(space.at("two"), false);
    QVERIFY(!shown.isShown(space.at("two")) && !shown.colourOf(space.at("two")));
    QCOMPARE(shown.colourOf(space.at("three")), std::optional(2));
    shown.setShown(space.make("four"), true);
    QCOMPARE(shown.colourOf(space.at("four")), std::optional(1));
    shown.hideOthers();
    QVERIFY(!shown.hasOthers() && shown.isShown(space.at("one")));
  }

  void whatIsChosenStaysWhenTheFocusMoves() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    loadRun(focus, space.make("one", 1));
    shown.setFocus(space.at("one"));
    shown.setShown(space.make("two", 2), true);
    shown.setShown(space.at("one"), true);
    QTRY_COMPARE_WITH_TIMEOUT(shown.runs().size(), std::size_t(2), kSoon);
    // The focus is shown once, chosen or not.
    loadRun(focus, space.at("two"));
    shown.setFocus(space.at("two"));
    QVERIFY(shown.runs()[0].data == &focus && shown.runs()[0].folder == space.at("two"));
    QTRY_COMPARE_WITH_TIMEOUT(shown.runs().size(), std::size_t(2), kSoon);
    QCOMPARE(shown.runs()[1].folder, space.at("one"));
    QVERIFY(shown.isShown(space.at("one")) && shown.isShown(space.at("two")));
  }

  void namesTellWhatDiffers() {
    const auto named = [](const train::Experiment& experiment, const char* folder, double created) {
      NamedRun out;
      out.info.folder = folder;
      out.info.name = experiment.name;
      out.info.created = created;
      out.experiment = train::toJson(experiment);
      return out;
    };
    const auto one = demoExperiment("Demo", 1), two = demoExperiment("Demo", 2);
    const auto other = demoExperiment("Other", 1);
    auto names = distinctNames({named(one, "a", 1), named(two, "b", 1), named(other, "c", 1)});
    QCOMPARE(names, QStringList({"Demo, seed 1", "Demo, seed 2", "Other"}));
    names = distinctNames({named(one, "a", 1), named(two, "b", 1)});
    QCOMPARE(names, QStringList({"seed 1", "seed 2"}));
    names = distinctNames({named(one, "a", 1), named(one, "b", 2)});
    QVERIFY2(names[0].startsWith("Demo, 1970-01-01") && names[0] != names[1], qPrintable(names[0]));
    names = distinctNames({named(one, "a", 1), named(one, "b", 1)});
    QVERIFY(names[0] != names[1] && names[1].endsWith("b"));
    auto called = named(one, "a", 1);
    called.info.title = "Mine";
    QCOMPARE(distinctNames({called}), QStringList{"Mine"});
  }

  void parentAndChildShareTheirHistory() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    const auto parent = space.make("parent", 1, 100);
    const auto child = forkDemoRun(space.at("child"), parent, 60, demoRecords(61, 120, 2));
    const auto grandchild = forkDemoRun(space.at("grandchild"), child, 90, demoRecords(91, 110, 2));
    // The child comes first, and its parent draws the history all the same.
    loadRun(focus, child);
    shown.setFocus(child);
    shown.setShown(parent, true);
    shown.setShown(grandchild, true);
    QTRY_COMPARE_WITH_TIMEOUT(shown.runs().size(), std::size_t(3), kSoon);
    QCOMPARE(shown.runs()[0].sharedUntil, 60);
    QCOMPARE(shown.runs()[1].sharedUntil, 0);
    QCOMPARE(shown.runs()[2].sharedUntil, 90);
    // Without the one between, what is left is its parent's.
    loadRun(focus, parent);
    shown.setFocus(parent);
    QCOMPARE(shown.runs().back().folder, grandchild);
    QCOMPARE(shown.runs().back().sharedUntil, 60);
  }

  void aHistoryThatIsNotTheSameIsNotShared() {
    Workspace space;
    const auto parent = space.make("parent", 1, 100);
    RunData one, other;
    loadRun(one, parent);
    auto records = demoRecords(1, 100, 2);
    for (auto& step : records.steps) step.losses[0] += step.step < 40 ? 1 : 7;
    other.start({}, demoTasks(2));
    other.append(records);
    QCOMPARE(sameUntil(one, other, 60), 39);
    QCOMPARE(sameUntil(one, one, 60), 60);
    QCOMPARE(sameUntil(one, one, 1000), 100);
    RunData three;
    three.start({}, demoTasks(3));
    QCOMPARE(sameUntil(one, three, 60), 0);
  }

  void aRunThatGoesOnGrowsAsItIsShown() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    const auto writer = beginDemoRun(space.at("live"), demoExperiment("Live"));
    auto records = demoRecords(1, 10, 2);
    records.events = {demoEvent(0, "started", "started")};
    writer->append(records);
    shown.setShown(space.at("live"), true);
    QTRY_COMPARE_WITH_TIMEOUT(shown.runs().size(), std::size_t(1), kSoon);
    const RunData* data = shown.runs()[0].data;
    QCOMPARE(data->x(XUnit::step).size(), 10u);
    QSignalSpy grew(&shown, &ShownRuns::grew);
    writer->append(demoRecords(11, 25, 2));
    QTRY_COMPARE_WITH_TIMEOUT(data->x(XUnit::step).size(), std::size_t(25), kSoon);
    QVERIFY(grew.count() > 0);
    QCOMPARE(shown.runs()[0].data, data);
  }

  void aRunThatCannotBeReadIsTold() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    QSignalSpy problems(&shown, &ShownRuns::problemMet);
    shown.setShown(space.at("none"), true);
    QTRY_COMPARE_WITH_TIMEOUT(problems.count(), 1, kSoon);
    QVERIFY2(problems[0][0].toString().contains("none"), qPrintable(problems[0][0].toString()));
  }

  void anotherNameIsLearned() {
    Workspace space;
    RunData focus;
    ShownRuns shown(focus);
    loadRun(focus, space.make("one"));
    shown.setFocus(space.at("one"));
    QCOMPARE(namesOf(shown), QStringList{"Demo"});
    run::setTitle(space.at("one"), "Best so far");
    QSignalSpy changes(&shown, &ShownRuns::changed);
    shown.learn(run::listRuns(space.at("")));
    QCOMPARE(namesOf(shown), QStringList{"Best so far"});
    QCOMPARE(changes.count(), 1);
    shown.learn(run::listRuns(space.at("")));
    QCOMPARE(changes.count(), 1);
  }
};

EQUIPOISE_TEST(TestShownRuns)
#include "tst_shown_runs.moc"
