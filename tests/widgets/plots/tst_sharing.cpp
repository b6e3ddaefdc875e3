#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/observed_bars.h"
#include "widgets/plots/observed_map.h"
#include "widgets/plots/observed_plot.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/sharing_page.h"

using namespace eq;
using namespace eq::widgets;

namespace {

using Observed = std::vector<train::ObservationRecord>;

const SharingSeries kGate{"gate", Picture::areas, "Gate weight", {"expert"}};
const SharingSeries kUse{"utilisation", Picture::bars, "Share of examples", {"expert"}};
const SharingSeries kStitch{"stitch", Picture::matrix, "Weight", {"task", "task"}};

/// What a mixture of three experts of two tasks records at a step: exact in binary.
Observed ofMixture(std::int64_t step) {
  const double moved = static_cast<double>(step) / 128;
  return {{"gate", 0, {}, {3}, {0.5 - moved, 0.25, 0.25 + moved}},
          {"utilisation", -1, {}, {3}, {0.75, 0.25, 0}},
          {"diversity", -1, {}, {}, {0.5 + moved}},
          {"gate", 1, {}, {3}, {0.125, 0.875 - moved, moved}}};
}

Observed ofStitches(std::int64_t step) {
  const double other = static_cast<double>(step) / 64;
  return {{"stitch", -1, "1", {2, 2}, {0.75, other, -other, 0.75}},
          {"stitch", -1, "2", {2, 2}, {1, 0.25, 0.125, 2}}};
}

/// A run of a model that is observed at every tenth step.
struct ObservedRun {
  explicit ObservedRun(const std::string& model, int tasks = 2) : tasks_(tasks) {
    train::Experiment experiment;
    experiment.data.id = "table";
    experiment.model.id = model;
    data.start(experiment, demoTasks(tasks));
  }
  /// Steps up to this one, observed as the function says.
  void record(std::int64_t first, std::int64_t last, Observed (*observe)(std::int64_t)) {
    auto records = demoRecords(first, last, tasks_, 0);
    for (auto& step : records.steps)
      if (step.step % 10 == 0) step.observations = observe(step.step);
    data.append(records);
  }

  RunData data;
  PlotLink link;

 private:
  int tasks_;
};

const QCPColorMap& mapOf(PlotPanel& panel) {
  return *qobject_cast<QCPColorMap*>(panel.plot().plottable(0));
}

QStringList titlesOf(const SharingPage& page) {
  QStringList out;
  for (const PlotPanel* plot : page.plots()) out << plot->title();
  return out;
}

}  // namespace

class TestSharing : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() { QCoreApplication::setOrganizationName("equipoise-test"); }

  void thePageHasAPlotForEverySeriesOfTheModel() {
    ObservedRun run("mmoe");
    SharingPage page(run.data, run.link);
    int added = 0, gone = 0;
    connect(&page, &SharingPage::added, this, [&added] { ++added; });
    connect(&page, &SharingPage::gone, this, [&gone] { ++gone; });
    QVERIFY(page.plots().empty());
    run.record(1, 40, ofMixture);
    // As the descriptor of the model has them, not as they were recorded first.
    QCOMPARE(titlesOf(page), QStringList({"Gate", "Utilisation", "Diversity"}));
    QVERIFY(qobject_cast<ObservedPlot*>(page.plots()[0]));
    QVERIFY(qobject_cast<ObservedBars*>(page.plots()[1]));
    QVERIFY(qobject_cast<ObservedPlot*>(page.plots()[2]));
    QCOMPARE(added, 3);
    const auto before = page.plots();
    run.record(41, 60, ofMixture);
    QCOMPARE(page.plots(), before);
    run.data.start(run.data.experiment(), demoTasks(2));
    QVERIFY(page.plots().empty());
    QCOMPARE(gone, 3);
  }

  void sharesStandOneOnTheOther() {
    ObservedRun run("mmoe");
    run.record(1, 40, ofMixture);
    ObservedPlot plot(kGate, run.data, run.link);
    plot.resize(700, 400);
    plot.show();
    QCOMPARE(plot.panes().size(), 2u);  // a gate of each task
    QCOMPARE(plot.drawnLines().size(), 6u);
    QCOMPARE(plot.legendNames(), QStringList({"expert 0", "expert 1", "expert 2"}));
    for (std::size_t line = 0; line < 6; ++line)
      for (int sample = 0; sample < 4; ++sample) {
        double sum = 0;
        const auto shares = ofMixture(10 * (sample + 1))[line < 3 ? 0 : 3].values;
        for (std::size_t entry = 0; entry <= line % 3; ++entry) sum += shares[entry];
        const auto& edge = *plot.drawnLines()[line]->legendGraph().data();
        QCOMPARE(edge.size(), 4);
        QCOMPARE(edge.at(sample)->key, 10.0 * (sample + 1));
        QCOMPARE(edge.at(sample)->value, sum);
      }
    QCOMPARE(plot.drawnLines()[2]->legendGraph().data()->at(3)->value, 1.0);
    // Filled down to what it stands on.
    int areas = 0;
    for (int i = 0; i < plot.plot().graphCount(); ++i)
      if (const auto* floor = plot.plot().graph(i)->channelFillGraph()) {
        ++areas;
        const bool lowest = floor->data()->at(3)->value == 0.0;
        QVERIFY(lowest || floor->data()->at(3)->value > 0.1);
      }
    QCOMPARE(areas, 6);
    const auto range = plot.panes()[1]->axes().y->range();
    QVERIFY(range.lower <= 0 && range.upper >= 1 && range.upper < 1.2);
  }

  /// Skills of two parts: each part's shares make a whole.
  void rowsOfSharesStandOneOnTheOther() {
    ObservedRun run("poly", 1);
    run.record(1, 40, [](std::int64_t) {
      return Observed{{"route", 0, "1", {2, 2}, {0.25, 0.75, 0.5, 0.5}}};
    });
    ObservedPlot plot({"route", Picture::areas, "Share", {"part", "skill"}}, run.data, run.link);
    plot.resize(500, 300);
    plot.show();
    QCOMPARE(plot.legendNames(), QStringList({"part 0, skill 0", "part 0, skill 1",
                                              "part 1, skill 0", "part 1, skill 1"}));
    QCOMPARE(plot.drawnLines()[3]->legendGraph().data()->at(3)->value, 2.0);
    const auto range = plot.panes()[0]->axes().y->range();
    QVERIFY(range.lower <= 0 && range.upper >= 2 && range.upper < 2.4);
  }

  /// The numbers that are said are the shares, not what they are drawn at.
  void sharesAreToldAsTheyWereRecorded() {
    ObservedRun run("mmoe");
    run.record(1, 40, ofMixture);
    ObservedPlot plot(kGate, run.data, run.link);
    plot.resize(700, 400);
    plot.show();
    const auto series = plot.series();
    QCOMPARE(series.size(), 6u);
    QCOMPARE(series[2].name, QString("left: expert 2"));
    QCOMPARE(series[2].x, (Column{10, 20, 30, 40}));
    QCOMPARE(series[2].y[3], 0.25 + 40.0 / 128);
    QCOMPARE(series[4].name, QString("right: expert 1"));
    QCOMPARE(series[4].y[0], 0.875 - 10.0 / 128);
    run.link.setCursor(20);
    const auto values = plot.valuesAtCursor();
    QCOMPARE(values.size(), 6u);
    QCOMPARE(values[1].value, 0.25);
    // In two panes a name has two values: none stands in the legend while the mouse is elsewhere.
    for (const QString& value : plot.legendValues()) QVERIFY(value.isEmpty());
    QVERIFY2(plot.countText().contains("Gate weight, every 10 steps"),
             qPrintable(plot.countText()));
    const auto panes = plot.paneSeries();
    QCOMPARE(panes.size(), 2u);
    QCOMPARE(panes[1].yLabel, QString("right: Gate weight"));
    QCOMPARE(panes[1].series.size(), 3u);
  }

  void aLoneGateNamesItsExpertsAndFollowsTheRun() {
    ObservedRun run("mmoe", 1);
    run.record(1, 20, [](std::int64_t) { return Observed{{"gate", 0, {}, {2}, {0.25, 0.75}}}; });
    ObservedPlot plot(kGate, run.data, run.link);
    plot.resize(500, 300);
    plot.show();
    QCOMPARE(plot.panes().size(), 1u);
    QCOMPARE(plot.legendNames(), QStringList({"expert 0", "expert 1"}));
    run.record(21, 30, [](std::int64_t) { return Observed{{"gate", 0, {}, {2}, {0.5, 0.5}}}; });
    plot.bringUpToDate();
    QCOMPARE(plot.drawnLines()[0]->newest()->y, 0.5);
    QCOMPARE(plot.drawnLines()[0]->size(), 3u);
  }

  void manyGatesAreChosenFrom() {
    ObservedRun run("mmoe", 10);
    run.record(1, 20, [](std::int64_t) {
      Observed out;
      for (std::int64_t task = 0; task < 10; ++task)
        for (const auto* level : {"1", "2"}) out.push_back({"gate", task, level, {2}, {0.5, 0.5}});
      return out;
    });
    ObservedPlot plot(kGate, run.data, run.link);
    plot.resize(700, 400);
    plot.show();
    auto* tracks = plot.findChild<QComboBox*>();
    QCOMPARE(tracks->count(), 20);
    QCOMPARE(tracks->itemText(1), QString("left, 2"));
    QCOMPARE(plot.drawnLines().size(), 2u);
    tracks->setCurrentIndex(3);
    QCOMPARE(plot.series().size(), 2u);
    QCOMPARE(plot.drawnLines().size(), 2u);
  }

  void barsShowTheChosenStep() {
    ObservedRun run("mmoe");
    run.record(1, 30, [](std::int64_t step) {
      const double share = static_cast<double>(step) / 64;
      return Observed{{"utilisation", -1, {}, {2}, {share, 1 - share}}};
    });
    ObservedBars plot(kUse, run.data, run.link);
    plot.resize(500, 300);
    plot.show();
    const auto* bars = qobject_cast<QCPBars*>(plot.plot().plottable(0));
    QVERIFY(bars);
    QCOMPARE(bars->data()->at(0)->value, 30.0 / 64);
    QVERIFY2(plot.countText().contains("step 30 (3 of 3), every 10 steps"),
             qPrintable(plot.countText()));
    plot.setSample(0);
    plot.bringUpToDate();
    QCOMPARE(bars->data()->at(0)->value, 10.0 / 64);
    QCOMPARE(bars->data()->at(1)->value, 54.0 / 64);
    // The axis is that of all steps, so that steps can be compared.
    QVERIFY(plot.plot().yAxis->range().upper >= 54.0 / 64);
    QCOMPARE(plot.plot().yAxis->label(), QString("Share of examples"));
    QCOMPARE(plot.series().size(), 2u);
    QCOMPARE(plot.series()[1].name, QString("utilisation: expert 1"));
    QCOMPARE(plot.series()[1].y, (Column{54.0 / 64, 44.0 / 64, 34.0 / 64}));
  }

  void aMatrixIsChosenFromSeveral() {
    ObservedRun run("cross_stitch");
    run.record(1, 30, ofStitches);
    ObservedMap plot(kStitch, run.data, run.link);
    plot.resize(500, 400);
    plot.show();
    // cell(column, row): the weight of the column's stream in the row's.
    QCOMPARE(mapOf(plot).data()->cell(1, 0), 30.0 / 64);
    QCOMPARE(mapOf(plot).data()->cell(0, 1), -30.0 / 64);
    auto range = mapOf(plot).dataRange();  // both signs alike
    QCOMPARE(range.upper, 0.75);
    QCOMPARE(range.lower, -0.75);
    auto* sheets = plot.findChild<QComboBox*>();
    QCOMPARE(sheets->count(), 2);
    QCOMPARE(sheets->itemText(1), QString("stitch 2"));
    plot.setSample(0);
    QCOMPARE(mapOf(plot).data()->cell(1, 0), 10.0 / 64);
    sheets->setCurrentIndex(1);
    QCOMPARE(mapOf(plot).data()->cell(0, 1), 0.125);
    range = mapOf(plot).dataRange();
    QCOMPARE(range.lower, 0.0);
    QCOMPARE(range.upper, 2.0);
    QCOMPARE(plot.series().size(), 8u);
    QCOMPARE(plot.series()[1].name, QString("stitch 1: left, right"));
    QCOMPARE(plot.series()[1].y, (Column{10.0 / 64, 20.0 / 64, 30.0 / 64}));
  }

  /// A task that was off at a step has no numbers there, and is not left out.
  void listsAreRowsOfOneMap() {
    ObservedRun run("adatt");
    run.record(1, 20, [](std::int64_t step) {
      Observed out{{"gate", 0, "1", {2}, {0.25, 0.75}}, {"gate", -1, "shared.1", {2}, {0.5, 0.5}}};
      if (step == 10) out.push_back({"gate", 1, "1", {2}, {0.125, 0.875}});
      return out;
    });
    const SharingSeries gate{"gate", Picture::matrix, "Gate weight", {"expert"}};
    ObservedMap plot(gate, run.data, run.link);
    plot.resize(500, 400);
    plot.show();
    QCOMPARE(mapOf(plot).data()->valueSize(), 3);
    QCOMPARE(mapOf(plot).data()->keySize(), 2);
    QCOMPARE(mapOf(plot).data()->cell(1, 0), 0.75);
    QVERIFY(std::isnan(mapOf(plot).data()->cell(0, 1)));
    QCOMPARE(mapOf(plot).data()->cell(0, 2), 0.5);
    plot.setSample(0);
    QCOMPARE(mapOf(plot).data()->cell(0, 1), 0.125);
    QCOMPARE(plot.series()[2].name, QString("right, 1: expert 0"));
    QCOMPARE(plot.series()[2].x, (Column{10}));
  }

  void numbersOfTheModelAreLines() {
    ObservedRun run("mmoe");
    run.record(1, 40, ofMixture);
    const SharingSeries diversity{"diversity", Picture::lines, "Distance", {}};
    ObservedPlot plot(diversity, run.data, run.link);
    plot.resize(500, 300);
    plot.show();
    QCOMPARE(plot.drawnLines().size(), 1u);
    QCOMPARE(plot.legendNames(), QStringList{"Diversity"});
    QCOMPARE(plot.drawnLines()[0]->newest()->y, 0.5 + 40.0 / 128);
    QCOMPARE(plot.panes()[0]->axes().y->label(), QString("Distance"));
  }

  void penaltiesHaveAPlotOfTheirOwn() {
    ObservedRun run("single_task");
    auto records = demoRecords(1, 20, 2, 0);
    for (auto& step : records.steps)
      step.terms = {{0, "cross_entropy", 7}, {-1, "soft_sharing", 1.0 / double(step.step)}};
    run.data.append(records);
    QCOMPARE(run.data.terms().size(), std::size_t{1});
    SharingPage page(run.data, run.link);
    QCOMPARE(titlesOf(page), QStringList{"Penalties"});
    const auto series = page.plots()[0]->series();
    QCOMPARE(series.size(), 1u);
    QCOMPARE(series[0].name, QString("soft_sharing"));
    QCOMPARE(series[0].y.size(), 20u);
    QCOMPARE(series[0].y[3], 0.25);
  }

  void itSaysWhyThereIsNothing() {
    ObservedRun run("single_task");
    SharingPage page(run.data, run.link);
    QVERIFY2(page.hint().contains("records nothing") && page.hint().contains("observe.every") &&
                 page.hint().contains("Cross-stitch"),
             qPrintable(page.hint()));
    train::Experiment experiment = run.data.experiment();
    experiment.model.id = "mmoe";
    run.data.setExperiment(experiment);
    QVERIFY2(page.hint().contains("every 10 steps (observe.every)"), qPrintable(page.hint()));
    experiment.observe.every = 0;
    run.data.setExperiment(experiment);
    QVERIFY2(page.hint().contains("observe.every is 0"), qPrintable(page.hint()));
    run.record(1, 10, ofMixture);
    QVERIFY(page.hint().isEmpty());
  }

  /// Of a model that this version does not know, or a series that its descriptor does not name.
  void unknownSeriesAreDrawnAsTheirShapeSuggests() {
    ObservedRun run("of_tomorrow");
    run.record(1, 10, [](std::int64_t) {
      return Observed{{"one", -1, {}, {}, {1}},
                      {"list", -1, {}, {2}, {1, 2}},
                      {"table", -1, {}, {2, 2}, {1, 2, 3, 4}}};
    });
    const auto series = recordedSeries(run.data);
    QCOMPARE(series.size(), 3u);
    QVERIFY(series[0].picture == Picture::lines && series[1].picture == Picture::bars &&
            series[2].picture == Picture::matrix);
    QCOMPARE(series[2].label, QString("Table"));
    QCOMPARE(entryName(run.data, series[2], *tracksOf(run.data, series[2])[0], 2), QString("1, 0"));
  }

  void anotherShapeBeginsATrackOfItsOwn() {
    ObservedRun run("mmoe", 1);
    run.record(1, 10, [](std::int64_t) { return Observed{{"gate", 0, {}, {2}, {0.5, 0.5}}}; });
    run.record(11, 20, [](std::int64_t) { return Observed{{"gate", 0, {}, {1}, {1}}}; });
    QCOMPARE(run.data.observed().size(), std::size_t{2});
    QCOMPARE(run.data.observed()[0].entries[1], Column{0.5});
    QCOMPARE(run.data.observed()[1].x.in(XUnit::step), Column{20});
    QCOMPARE(run.data.observed()[1].x.in(XUnit::examples), Column{20 * 256});
  }

  void theAreaHasTheTabAndItsPlots() {
    ObservedRun run("mmoe");
    PlotArea area(run.data, run.link);
    area.resize(1270, 720);
    area.show();
    QVERIFY(area.titles().contains("Sharing"));
    QVERIFY(!area.panel("gate"));
    run.record(1, 40, ofMixture);
    QVERIFY(area.showDock("sharing"));
    QTRY_COMPARE(area.visiblePanels(),
                 (std::vector<PlotPanel*>{area.panel("gate"), area.panel("utilisation"),
                                          area.panel("diversity")}));
    run.data.start(run.data.experiment(), demoTasks(2));
    QVERIFY(!area.panel("gate"));
  }
};

EQUIPOISE_TEST(TestSharing)
#include "tst_sharing.moc"
