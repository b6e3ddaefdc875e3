#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "core/study/recorded_run.h"
#include "tests/registry.h"
#include "widgets/session/run_data.h"
#include "widgets/study/many_runs_page.h"
#include "widgets/study/parallel_plot.h"
#include "widgets/study/scatter_plot.h"
#include "widgets/style/field_problem.h"

using namespace eq;
using namespace eq::widgets;
using eq::test::RecordedRun;
using eq::train::SplitName;
using Folders = std::vector<std::filesystem::path>;

class TestManyRunsPage : public QObject {
  Q_OBJECT

 private slots:
  /// Five runs of rates 0.001, 0.01 ... 10, accuracies 0.1, 0.2 ... 0.5; the last was never
  /// evaluated; two losses in turn.
  void initTestCase() {
    for (int i = 0; i < 6; ++i) {
      RecordedRun run;
      run.set("/optimizer/lr", 0.001 * std::pow(10, i))
          .set("/tasks/0/loss/id", i % 2 == 0 ? "cross_entropy" : "squentropy")
          .set("/name", "run " + std::to_string(i));
      const double value = 0.1 * (i + 1);
      if (i < 5) run.at(10, SplitName::validation, {value, 1, value, 1});
      runs_.push_back(std::make_shared<study::IndexedRun>(study::readIndexedRun(run.write(at(i)))));
    }
  }
  void init() {
    page_ = std::make_unique<ManyRunsPage>(data_, link_);
    page_->resize(900, 700);
    page_->setRuns(runs_);
    page_->show();
    settle();
  }

  void aPointIsARunWithBothValuesAndTheOthersAreCounted() {
    auto& scatter = page_->scatter();
    QVERIFY(hintOf(scatter).isEmpty());  // the usual two
    QCOMPARE(scatter.plot().xAxis->label(), QString("optimizer.lr"));
    QCOMPARE(scatter.plot().yAxis->label(), QString("best(validation.left.accuracy)"));
    scatter.setQuantities("optimizer.lr", "best(val.left.accuracy)");
    settle();
    QCOMPARE(scatter.pointCount(), std::size_t(5));
    QVERIFY2(scatter.countText().contains("n 5 of 6 runs · 1 without both values"),
             qPrintable(scatter.countText()));
    const auto tip = scatter.tipAt(*scatter.placeOf(at(2)));
    QCOMPARE(tip, QString("run 2\noptimizer.lr: 0.1\nbest(val.left.accuracy): 0.3"));
  }

  void logarithmicAxesCountWhatTheyCannotDraw() {
    auto& scatter = page_->scatter();
    scatter.setQuantities("optimizer.lr - 0.01", "best(val.left.accuracy)");
    scatter.setLogX(true);
    settle();
    QCOMPARE(scatter.pointCount(), std::size_t(3));
    QVERIFY2(scatter.countText().contains("2 not above 0"), qPrintable(scatter.countText()));
    QCOMPARE(scatter.plot().xAxis->scaleType(), QCPAxis::stLogarithmic);
  }

  void wordsHavePlacesOfTheirOwn() {
    auto& scatter = page_->scatter();
    scatter.setQuantities("tasks[0].loss.id", "best(val.left.accuracy)");
    scatter.setLogX(true);  // of words there is no logarithm
    settle();
    QCOMPARE(scatter.pointCount(), std::size_t(5));
    QVERIFY(scatter.plot().xAxis->tickVectorLabels().contains("squentropy"));
    QVERIFY(scatter.tipAt(*scatter.placeOf(at(1))).contains("tasks[0].loss.id: squentropy"));
  }

  void aMistakeIsMarkedAndTheLastChoiceStays() {
    auto& scatter = page_->scatter();
    scatter.setQuantities("optimizer.lr", "best(val.left.accuracy)");
    auto* box = scatter.findChildren<QComboBox*>().front();
    box->setEditText("best(val.left.acuracy)");
    settle();
    QVERIFY(isMarked(*box));
    QCOMPARE(box->currentText(), QString("best(val.left.acuracy)"));
    QCOMPARE(scatter.plot().xAxis->label(), QString("optimizer.lr"));
  }

  void aClickChoosesTheRunUnderTheMouseAndWithCtrlAnother() {
    auto& scatter = page_->scatter();
    scatter.setQuantities("optimizer.lr", "best(val.left.accuracy)");
    scatter.setLogX(true);
    settle();
    QSignalSpy chosen(page_.get(), &ManyRunsPage::chosen);
    QTest::mouseClick(&scatter.plot(), Qt::LeftButton, {}, scatter.placeOf(at(1))->toPoint());
    QCOMPARE(chosen.size(), 1);
    QCOMPARE(chosen[0][0].value<Folders>(), Folders{at(1)});
    page_->setChosen({at(1)});
    settle();
    QTest::mouseClick(&scatter.plot(), Qt::LeftButton, Qt::ControlModifier,
                      scatter.placeOf(at(3))->toPoint());
    QCOMPARE(chosen[1][0].value<Folders>(), (Folders{at(1), at(3)}));
  }

  void theUsualAxesAreTheFieldsThatDifferAndAMetric() {
    auto& parallel = page_->parallel();
    QCOMPARE(parallel.axisCount(), std::size_t(3));
    QCOMPARE(parallel.axisTitle(0), QString("optimizer.lr"));
    QCOMPARE(parallel.axisTitle(1), QString("tasks[0].loss.id"));
    QCOMPARE(parallel.axisTitle(2), QString("best(validation.left.accuracy)"));
    QCOMPARE(parallel.lineCount(), std::size_t(5));
    QVERIFY2(parallel.countText().contains("n 5 of 6 runs · 1 without all values"),
             qPrintable(parallel.countText()));
    QVERIFY(!parallel.countText().contains("fields differ"));
    QVERIFY(parallel.isLogarithmic(0));  // 0.001 to 100
    parallel.setLogarithmic(0, false);
    QVERIFY(!parallel.isLogarithmic(0));
  }

  void whatHasNoAxisIsNamed() {
    std::vector<study::IndexedRunPtr> runs;
    for (int i = 0; i < 4; ++i) {
      RecordedRun run;
      run.set("/name", "wide " + std::to_string(i)).set("/seed", 1 + i);
      run.set("/batch_size", 8 << (i % 2)).set("/epochs", 1 + i / 2);
      run.set("/balancer/gradient/id", i == 0 ? "pcgrad" : "mgda");
      run.set("/optimizer/lr", i == 1 ? 0.1 : 0.2).set("/model/dropout", i == 2 ? 0.1 : 0.2);
      run.set("/optimizer/weight_decay", i == 2 ? 0.1 : 0.2);  // tells what dropout tells
      runs.push_back(
          std::make_shared<study::IndexedRun>(study::readIndexedRun(run.write(at(20 + i)))));
    }
    page_->setRuns(runs);
    settle();
    auto& parallel = page_->parallel();
    QCOMPARE(parallel.axisCount(), std::size_t(5));
    QVERIFY2(parallel.countText().contains("2 more fields differ: optimizer.weight_decay, seed"),
             qPrintable(parallel.countText()));
  }

  /// By the mouse, from the middle to the top: the better half.
  void draggingAlongAnAxisChoosesWhatTheBrushHolds() {
    auto& parallel = page_->parallel();
    QSignalSpy chosen(page_.get(), &ManyRunsPage::chosen);
    const auto pixel = [&](double axis, double share) {
      return QPoint(qRound(parallel.plot().xAxis->coordToPixel(axis)),
                    qRound(parallel.plot().yAxis->coordToPixel(share)));
    };
    QTest::mousePress(&parallel.plot(), Qt::LeftButton, {}, pixel(2, 0.4));
    QTest::mouseMove(&parallel.plot(), pixel(2, 0.7));
    QTest::mouseRelease(&parallel.plot(), Qt::LeftButton, {}, pixel(2, 1));
    QCOMPARE(chosen.size(), 1);
    auto folders = chosen[0][0].value<Folders>();
    QCOMPARE(folders, (Folders{at(2), at(3), at(4)}));
    QVERIFY2(parallel.countText().contains("3 brushed"), qPrintable(parallel.countText()));
    parallel.brush(1, ParallelPlot::Brush{0, 0.2});  // cross-entropy
    QCOMPARE(parallel.brushed(), (Folders{at(2), at(4)}));
    QTest::mouseClick(&parallel.plot(), Qt::LeftButton, {}, pixel(2, 0.5));
    QCOMPARE(parallel.brushed(), (Folders{at(0), at(2), at(4)}));
  }

  void anAxisIsLogarithmicWhereAsked() {
    auto& parallel = page_->parallel();
    parallel.setAxes("optimizer.lr; best(val.left.accuracy)");
    parallel.setLogarithmic(0, true);
    settle();
    parallel.brush(0, ParallelPlot::Brush{0.45, 0.55});  // the middle of 0.001 to 100 is 0.3
    QVERIFY(parallel.brushed().empty());
    parallel.brush(0, ParallelPlot::Brush{0.35, 0.45});  // 0.1
    QCOMPARE(parallel.brushed(), Folders{at(2)});
  }

 private:
  std::filesystem::path at(int i) const {
    return std::filesystem::path(place_.path().toStdString()) / std::to_string(i);
  }
  void settle() const {
    for (auto* panel : page_->plots()) {
      panel->bringUpToDate();
      panel->plot().replot();
    }
  }
  static QString hintOf(PlotPanel& panel) {
    const auto* label = panel.plot().findChild<QLabel*>();
    return label->isVisibleTo(&panel.plot()) ? label->text() : QString();
  }

  QTemporaryDir place_;
  std::vector<study::IndexedRunPtr> runs_;
  RunData data_;
  PlotLink link_;
  std::unique_ptr<ManyRunsPage> page_;
};

EQUIPOISE_TEST(TestManyRunsPage)
#include "tst_many_runs_page.moc"
