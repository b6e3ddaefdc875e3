#include <cmath>

#include <qcustomplot.h>

#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeWidget>

#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/demo_run.h"
#include "widgets/plots/architecture_drawing.h"
#include "widgets/plots/architecture_plot.h"
#include "widgets/plots/mask_overlaps.h"
#include "widgets/plots/observed_curve.h"
#include "widgets/plots/parting_list.h"
#include "widgets/plots/sharing_page.h"
#include "widgets/plots/tree_plot.h"
#include "widgets/session/run_loading.h"

using namespace eq;
using namespace eq::widgets;
using nlohmann::json;

namespace {

json ownerJson(const json& tasks, const std::vector<std::string>& layers, std::int64_t flops) {
  auto list = json::array();
  for (const auto& layer : layers)
    list.push_back({{"name", layer},
                    {"head", layer.starts_with("head.")},
                    {"parameters", 100},
                    {"trainable", 60}});
  return {{"tasks", tasks},
          {"parameters", 100 * layers.size()},
          {"flops_per_example", flops},
          {"layers", list}};
}

/// Three tasks: all together at first, then left with right, then each alone.
json ownersOfTree() {
  return json::array(
      {ownerJson("shared", {"trunk.0"}, 5000),
       ownerJson({"left", "right"}, {"group.left+right.1"}, 300),
       ownerJson({"left"}, {"task.left.2", "head.left.linear-10"}, 20),
       ownerJson({"right"}, {"task.right.2", "head.right.linear-10"}, 20),
       ownerJson({"digit"}, {"task.digit.1", "task.digit.2", "head.digit.linear-10"}, 40)});
}

train::EventRecord beginning(const json& owners) {
  auto event = demoEvent(0, "started", "started");
  event.detail = {{"owners", owners}};
  return event;
}

train::Experiment experimentWith(const std::string& model) {
  train::Experiment experiment;
  experiment.data.id = "table";
  experiment.model.id = model;
  return experiment;
}

/// A run of three tasks.
struct PicturedRun {
  explicit PicturedRun(const std::string& model, const json& owners = json()) {
    data.start(experimentWith(model), demoTasks(3));
    if (owners.is_null()) return;
    run::Records records;
    records.events = {beginning(owners)};
    data.append(records);
  }
  void record(std::int64_t first, std::int64_t last,
              const std::function<void(train::StepRecord&)>& fill) {
    auto records = demoRecords(first, last, 3, 0);
    for (auto& step : records.steps)
      if (step.step % 10 == 0) fill(step);
    data.append(records);
  }
  RunData data;
  PlotLink link;
};

/// In the first layer the tasks agree, in the second the first two do not.
train::ConflictRecord conflictOf(std::int64_t step) {
  train::ConflictRecord record;
  record.norms = {1, 1, 1};
  record.cosines.assign(9, 0.5);
  const double moved = static_cast<double>(step) / 1024;
  record.layers = {{"trunk.0", {1, 1, 1}, {0.5, 0.25, 0.75}},
                   {"trunk.1", {1, 1, 1}, {-0.5 - moved, 0.25, -0.125}}};
  return record;
}

bool paintsSomething(PlotPanel& panel) {
  panel.resize(500, 320);
  panel.bringUpToDate();
  panel.setStyle(panel.screenStyle());
  const QImage image = panel.plot().toPixmap(480, 300).toImage();
  const QRgb background = image.pixel(1, 1);
  int others = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) others += image.pixel(x, y) != background;
  return others > 500;
}

}  // namespace

class TestSharingPictures : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { QCoreApplication::setOrganizationName("equipoise-test"); }

  void groupsBecomeWays() {
    const auto ways = waysOfGroups({{{0, 1, 2}}, {{0, 1}, {2}}, {{0}, {1}, {2}}}, 3);
    QCOMPARE(ways.stages.size(), 3u);
    QCOMPARE(ways.through(0, 0, 2), 1.0);
    QCOMPARE(ways.through(1, 0, 2), 0.0);
    QCOMPARE(ways.copyOf(1, 2), std::optional(1));
    QCOMPARE(ways.stages[2].links[2].below, 1);
    QCOMPARE(ways.ends[1][0].copy, 1);
    // A task that leaves before the last stage.
    const auto levels = waysOfGroups({{{0, 1}}, {{1}}}, 2);
    QCOMPARE(levels.ends[0][0].stage, 0u);
    QCOMPARE(levels.ends[1][0].stage, 1u);
    QVERIFY(!levels.copyOf(1, 0));
  }

  /// What goes through the copies of a stage is all of each task.
  void branchesBecomeWays() {
    const Branching between{{0.25, 0.75}, {1, 0}}, tops{{0.5, 0.5}, {0, 1}};
    const auto ways = waysOfBranching({between}, tops);
    QCOMPARE(ways.through(1, 0, 0), 0.5);
    QCOMPARE(ways.through(0, 0, 0), 0.5 * 0.25 + 0.5);
    QCOMPARE(ways.through(0, 1, 0), 0.5 * 0.75);
    QCOMPARE(ways.through(0, 0, 1), 1.0);
    for (std::size_t stage = 0; stage < 2; ++stage)
      for (std::size_t task = 0; task < 2; ++task)
        QCOMPARE(ways.through(stage, 0, task) + ways.through(stage, 1, task), 1.0);
  }

  void aTreeIsReadFromTheRecord() {
    PicturedRun run("tree", ownersOfTree());
    SharingPage page(run.data, run.link);
    QCOMPARE(page.plots().size(), 2u);
    QCOMPARE(page.plots()[0]->title(), QString("Architecture"));
    auto* tree = qobject_cast<TreePlot*>(page.plots()[1]);
    QVERIFY(tree);
    tree->bringUpToDate();
    const auto series = tree->series();
    QCOMPARE(series.size(), 9u);  // a task and stage each
    QCOMPARE(series[3].name, QString("right, copy of stage 1"));
    QCOMPARE(series[1].y, Column{1});  // left with right
    QCOMPARE(series[4].y, Column{1});
    QCOMPARE(series[7].y, Column{2});  // digit apart
    QVERIFY(paintsSomething(*tree));
    // It grows together with an event of the structure.
    auto event = demoEvent(40, "structure", "goes on");
    event.detail = {{"stages", json::parse(R"([[["left", "right", "digit"]],
                                               [["left", "right", "digit"]],
                                               [["left", "digit"], ["right"]]])")}};
    run::Records records;
    records.events = {event};
    run.data.append(records);
    tree->bringUpToDate();
    QCOMPARE(tree->series()[7].y, (Column{2, 1}));
    QCOMPARE(tree->series()[2].y, (Column{1, 1}));
  }

  /// Of a model that draws them, shares are means over the newest observations.
  void drawnBranchesAreMeans() {
    PicturedRun run("ltb");
    run.record(1, 40, [](train::StepRecord& step) {
      const double late = step.step > 20;
      step.observations = {{"branch", 0, {}, {2}, {1, 0}},
                           {"branch", 1, {}, {2}, {0, 1}},
                           {"branch", 2, {}, {2}, {1 - late, late}},
                           {"branch", -1, "2", {2, 2}, {1, 0, 1, 0}}};
    });
    TreeSamples samples;
    samples.grow(run.data);
    QCOMPARE(samples.count(), 4);
    QVERIFY(samples.isDrawn(3));
    QCOMPARE(samples.ways(run.data, 1).through(1, 0, 2), 1.0);
    QCOMPARE(samples.ways(run.data, 3).through(1, 1, 2), 0.5);
    QCOMPARE(samples.ways(run.data, 3).through(0, 0, 1), 1.0);
    TreePlot plot(run.data, run.link);
    QVERIFY(paintsSomething(plot));
    QVERIFY2(plot.countText().contains("mean of 10 observations"), qPrintable(plot.countText()));
  }

  void masksOverlapByTheirNumbers() {
    QCOMPARE(overlapOf({1, 1, 0, 0}, {1, 0, 1, 0}), 1.0 / 3);
    QCOMPARE(overlapOf({0.5, 0.25}, {0.25, 0.25}), 0.5 / 0.75);
    QVERIFY(std::isnan(overlapOf({0, 0}, {0, 0})));
    QVERIFY(std::isnan(overlapOf({1, NAN}, {1, 1})));
    PicturedRun run("mtan");
    run.record(1, 20, [](train::StepRecord& step) {
      for (int task = 0; task < 3; ++task)
        for (const char* stage : {"1", "2"})
          step.observations.push_back(
              {"mask", task, stage, {4}, {1, task > 0 ? 1.0 : 0.0, task > 1 ? 1.0 : 0.0, 0}});
    });
    SharingPage page(run.data, run.link);
    QCOMPARE(page.plots().size(), 2u);
    auto* map = qobject_cast<MaskOverlaps*>(page.plots()[1]);
    QVERIFY(map);
    QCOMPARE(map->title(), QString("Mask overlap"));
    map->bringUpToDate();
    const auto series = map->series();
    QCOMPARE(series.size(), 6u);
    QCOMPARE(series[0].y, (Column{0.25, 0.25}));  // density of the first
    QCOMPARE(series[1].y[0], 0.5);                // {1} of {1, 2}
    QCOMPARE(series[2].y[0], 1.0 / 3);
    QVERIFY(paintsSomething(*map));
  }

  /// Stages across, a line a task.
  void curvesGoOverPlaces() {
    PicturedRun run("computation_sharing");
    run.record(1, 20, [](train::StepRecord& step) {
      for (int task = 1; task < 3; ++task)
        for (int stage = 1; stage <= 3; ++stage)
          step.observations.push_back(
              {"reuse", task, std::to_string(stage), {}, {static_cast<double>(task * stage) / 8}});
    });
    ObservedCurve plot({"reuse", Picture::curve, "Share", {}, "stage"}, run.data, run.link);
    plot.resize(500, 320);
    plot.bringUpToDate();
    QCOMPARE(plot.plot().graphCount(), 2);
    QCOMPARE(plot.plot().graph(1)->name(), QString("digit"));
    const auto& points = *plot.plot().graph(1)->data();
    QCOMPARE(points.size(), 3);
    QCOMPARE(points.at(2)->key, 3.0);
    QCOMPARE(points.at(2)->value, 0.75);
    QCOMPARE(plot.series().size(), 6u);
    QVERIFY(paintsSomething(plot));
  }

  /// The numbers of a list across where there are no places.
  void curvesGoOverLists() {
    PicturedRun run("multimodn");
    run.record(1, 10, [](train::StepRecord& step) {
      for (int task = 0; task < 3; ++task)
        step.observations.push_back({"loss_after", task, {}, {3}, {4, 2, 1.0 + task}});
    });
    SharingPage page(run.data, run.link);
    auto* plot = qobject_cast<ObservedCurve*>(page.plots()[0]);
    QVERIFY(plot);
    plot->bringUpToDate();
    QCOMPARE(plot->plot().graphCount(), 3);
    QCOMPARE(plot->plot().graph(2)->data()->at(2)->value, 3.0);
  }

  void anArchitectureIsDrawnByOwners() {
    PicturedRun run("tree", ownersOfTree());
    ArchitecturePlot plot(run.data, run.link);
    QVERIFY(paintsSomething(plot));
    QCOMPARE(plot.owners(0)[1].block, std::string("group.left+right"));
    QCOMPARE(plot.owners(0)[1].tasks, (std::vector<std::size_t>{0, 1}));
    QCOMPARE(plot.series().size(), 9u);
    QVERIFY2(plot.countText().startsWith(QString("900 parameters, 5.38 kFLOPs")),
             qPrintable(plot.countText()));
    run.record(1, 20, [](train::StepRecord& step) { step.conflict = conflictOf(step.step); });
    QCOMPARE(plot.cosinesUpTo(20).at("trunk.0"), 0.5);
    QVERIFY(plot.cosinesUpTo(5).empty());
    PicturedRun other("mlp");
    QVERIFY(!ArchitecturePlot::any(other.data));
  }

  void amountsHaveThreeDigits() {
    QCOMPARE(amountText(999), QString("999"));
    QCOMPARE(amountText(1000), QString("1.00 k"));
    QCOMPARE(amountText(12345), QString("12.3 k"));
    QCOMPARE(amountText(999999), QString("1.00 M"));
    QCOMPARE(amountText(1022080), QString("1.02 M"));
  }

  void layersStandByConflict() {
    PicturedRun run("mlp");
    run.record(1, 40, [](train::StepRecord& step) { step.conflict = conflictOf(step.step); });
    std::size_t samples = 3;
    const auto layers = layersByConflict(run.data, samples);
    QCOMPARE(samples, 3u);
    QCOMPARE(layers.size(), 2u);
    QCOMPARE(layers[0].layer, std::string("trunk.1"));
    const double worst = -0.5 - 30.0 / 1024;  // the newest three are at 20, 30 and 40
    QCOMPARE(layers[0].worst, worst);
    QCOMPARE(layers[0].cosine, (worst + 0.25 - 0.125) / 3);
    QCOMPARE(layers[0].conflicts, 2.0 / 3);
    QCOMPARE(layers[0].between, std::pair(0, 1));
    QCOMPARE(layers[1].conflicts, 0.0);
  }

  /// A split is proposed as a run of its own that begins with the one in focus.
  void aLayerIsSplitFromTheList() {
    QTemporaryDir space;
    auto experiment = demoExperiment("Run", 1);
    experiment.model = {"mlp", {{"hidden", {8, 8}}}};
    experiment.conflict.layers = true;
    auto records = demoRecords(1, 20, 2, 0);
    for (auto& step : records.steps)
      if (step.step % 10 == 0) {
        step.conflict.emplace();
        step.conflict->norms = {1, 1};
        step.conflict->cosines = {1, -0.5, -0.5, 1};
        step.conflict->layers = {{"trunk.0", {1, 1}, {0.5}}, {"trunk.1", {1, 1}, {-0.5}}};
      }
    records.events = {demoEvent(0, "started", "started")};
    const auto folder = makeDemoRun(std::filesystem::path(space.path().toStdString()) / "run",
                                    experiment, records, 2);
    RunData data;
    ShownRuns shown(data);
    PlotLink link;
    link.setRuns(shown);
    loadRun(data, folder);
    PartingList list(data, link);
    list.show();
    QCOMPARE(list.list().topLevelItemCount(), 2);
    QCOMPARE(list.list().topLevelItem(0)->text(0), QString("trunk.1"));
    QVERIFY(!list.splitButton().isEnabled());
    shown.setFocus(folder);
    QVERIFY2(list.splitButton().isEnabled(), qPrintable(list.remark()));
    std::optional<train::Experiment> proposed;
    connect(&link, &PlotLink::experimentProposed, this,
            [&](const train::Experiment& one, const QString&) { proposed = one; });
    list.splitButton().click();
    QVERIFY(proposed);
    QCOMPARE(proposed->model.id, std::string("tree"));
    QCOMPARE(proposed->model.params.at("stages")[1].size(), 2u);
    QCOMPARE(proposed->init.run, folder.string());
  }

  void withoutTheLayerMapTheListSaysWhy() {
    PicturedRun run("mlp");
    PartingList list(run.data, run.link);
    list.show();
    QCOMPARE(list.list().topLevelItemCount(), 0);
    QVERIFY(!list.splitButton().isEnabled());
    const auto* hint = list.list().viewport()->findChild<QLabel*>();
    QVERIFY(hint && hint->isVisible());
    QVERIFY2(hint->text().contains("Tick Layers"), qPrintable(hint->text()));
  }
};

EQUIPOISE_TEST(TestSharingPictures)
#include "tst_sharing_pictures.moc"
