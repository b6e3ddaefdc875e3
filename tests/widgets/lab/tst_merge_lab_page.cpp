#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QStyle>
#include <QStyleOptionSlider>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>

#include "core/run/lab/merge_lab.h"
#include "core/run/runner.h"
#include "core/train/trainer.h"
#include "tests/registry.h"
#include "widgets/lab/layer_bars.h"
#include "widgets/lab/merge_lab_page.h"
#include "widgets/lab/scores_model.h"
#include "widgets/lab/vector_map.h"
#include "widgets/session/run_data.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
namespace fs = std::filesystem;

namespace {

constexpr int kLabPatience = 20000;  // ms, for machines with much else to do
constexpr int kBaseSteps = 8, kExpertSteps = 20;

/// 600 validation examples, of which the sample has 512.
eq::train::Experiment labExperiment() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "base", "data": {"id": "scale_imbalance", "scales": [1, 3], "inputs": 5,
                             "outputs": 2, "train": 64, "validation": 600, "test": 16},
    "model": {"id": "mlp", "hidden": [8, 8]}, "optimizer": {"id": "adam", "lr": 0.01},
    "conflict": {"every": 0}, "batch_size": 16, "epochs": 20, "threads": 1})"),
                                       "");
}

void trainTo(eq::run::Runner& runner, std::int64_t step) {
  while (runner.trainer().stepsDone() < step) runner.step();
  runner.close();
}

}  // namespace

/// The page with experts of two tasks, by a person's mouse and keys.
class TestMergeLabPage : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  fs::path base_;
  std::vector<fs::path> experts_;
  RunData data_;
  PlotLink link_;
  std::unique_ptr<MergeLabPage> page_;

  fs::path path(const char* name) const { return folder_.filePath(name).toStdString(); }

  template <typename Widget>
  Widget* named(const QString& name) const {
    for (auto* one : page_->findChildren<Widget*>())
      if (one->accessibleName() == name || one->property("text").toString() == name) return one;
    return nullptr;
  }
  QSlider* slider(const QString& expert) const { return named<QSlider>("λ of " + expert); }
  NumberBox* box(const QString& expert) const {
    return named<NumberBox>("λ of " + expert + " as a number");
  }
  double value(int row, int column) const {
    const auto found = page_->model().index(row, column).data(Qt::UserRole);
    return found.isValid() ? found.toDouble() : std::nan("");
  }
  std::vector<double> shown() const { return page_->model().scores().coefficients.whole; }
  bool isWhole() const { return page_->model().scores().examples == page_->model().scores().of; }
  void type(NumberBox* box, const QString& text) {
    box->setFocus();
    QTest::keyClick(box, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClicks(box, text);
    QTest::keyClick(box, Qt::Key_Return);
  }
  QPoint handleOf(const QSlider& slider) const {
    QStyleOptionSlider option;
    option.initFrom(&slider);
    option.minimum = slider.minimum();
    option.maximum = slider.maximum();
    option.sliderPosition = slider.sliderPosition();
    option.tickPosition = slider.tickPosition();
    option.subControls = QStyle::SC_All;
    return slider.style()
        ->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, &slider)
        .center();
  }

  void openExperts() {
    page_->open(experts_);
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() == 3, kLabPatience);
  }

 private slots:
  void initTestCase() {
    const auto runner = eq::run::Runner::start(labExperiment(), path("runs"));
    trainTo(*runner, kBaseSteps);
    base_ = runner->folder();
    for (int k = 0; k < 2; ++k) {
      const auto fork =
          eq::run::Runner::fork(base_, kBaseSteps, path("runs"), {},
                                {{"tasks[" + std::to_string(1 - k) + "].enabled=false"}, {}});
      trainTo(*fork, kExpertSteps);
      experts_.push_back(fork->folder());
    }
  }

  void init() {
    page_ = std::make_unique<MergeLabPage>(data_, link_, path("kept"));
    page_->resize(900, 600);
    page_->show();
    QVERIFY(QTest::qWaitForWindowExposed(page_.get()));
  }
  void cleanup() { page_.reset(); }

  void itSaysWhatToDoAndAsksForTheChosenRuns() {
    QVERIFY(page_->words().startsWith("Choose experts"));
    QSignalSpy wanted(page_.get(), &MergeLabPage::runsWanted);
    QTest::mouseClick(named<QPushButton>("Take the chosen runs"), Qt::LeftButton);
    QCOMPARE(wanted.count(), 1);
    QVERIFY(!named<QPushButton>("Save as run")->isEnabled());
  }

  void whatDoesNotFitIsSaidInItsPlace() {
    page_->open({base_});
    QTRY_VERIFY_WITH_TIMEOUT(page_->words().contains("is no fork"), kLabPatience);
    QVERIFY(!page_->isBusy());
    openExperts();
  }

  /// A sample first, then the whole split, without a move.
  void opensWithTheUsualLambdaAndComesToTheWholeSplit() {
    openExperts();
    QCOMPARE(shown(), (std::vector<double>{0.3, 0.3}));
    QTRY_VERIFY_WITH_TIMEOUT(isWhole() && !page_->isBusy(), kLabPatience);
    QCOMPARE(page_->words(), QString("All 600 validation examples."));
    eq::run::MergeLab lab(eq::run::labRequestOf(experts_));
    const auto wanted = lab.scores({{0.3, 0.3}}, eq::run::LabPart::whole);
    for (int t = 0; t < 2; ++t) {
      const auto& task = wanted.tasks[static_cast<std::size_t>(t)];
      QCOMPARE(value(t, ScoresModel::kMerged), *task.merged);
      QCOMPARE(value(t, ScoresModel::kBase), *task.base);
      QCOMPARE(value(t, ScoresModel::kFirstExpert + 1), *task.experts[1]);
      QCOMPARE(value(t, ScoresModel::kNormalised), *task.normalised);
    }
    QCOMPARE(value(2, ScoresModel::kNormalised), *wanted.normalised);
    const auto header =
        page_->model().headerData(ScoresModel::kFirstExpert, Qt::Horizontal, Qt::DisplayRole);
    QCOMPARE(header.toString(), QString("y1"));
  }

  /// While the slider is held the sample is evaluated and nothing else; the release brings the
  /// whole split.
  void followsASliderAndRestsOnTheWholeSplit() {
    openExperts();
    QTRY_VERIFY_WITH_TIMEOUT(isWhole() && !page_->isBusy(), kLabPatience);
    auto* held = slider("y1");
    const auto from = handleOf(*held);
    QTest::mousePress(held, Qt::LeftButton, {}, from);
    QTest::mouseMove(held, from + QPoint(held->width() / 4, 0));
    QTRY_VERIFY_WITH_TIMEOUT(shown()[0] > 0.5 && !page_->isBusy(), kLabPatience);
    QCOMPARE(shown()[0], held->value() / 100.0);
    QCOMPARE(shown()[1], 0.3);
    QTest::qWait(600);  // longer than a rest
    QVERIFY(!isWhole());
    QVERIFY(page_->words().startsWith("512 of 600 validation examples"));
    QTest::mouseRelease(held, Qt::LeftButton, {}, from + QPoint(held->width() / 4, 0));
    QTRY_VERIFY_WITH_TIMEOUT(isWhole() && !page_->isBusy(), kLabPatience);
    QCOMPARE(box("y1")->value(), held->value() / 100.0);
  }

  void aNumberCanBeTypedBeyondTheSliderAndADoubleClickTakesItBack() {
    openExperts();
    type(box("y2"), "-3.125");
    QTRY_COMPARE_WITH_TIMEOUT(shown()[1], -3.125, kLabPatience);
    QCOMPARE(slider("y2")->value(), -100);
    QTest::mouseDClick(slider("y2"), Qt::LeftButton, {}, handleOf(*slider("y2")));
    QTRY_COMPARE_WITH_TIMEOUT(shown()[1], 0.3, kLabPatience);
    QCOMPARE(box("y2")->value(), 0.3);
  }

  void oneLambdaMovesAllThatAreAdded() {
    openExperts();
    type(box("all experts"), "0.8");
    QTRY_COMPARE_WITH_TIMEOUT(shown(), (std::vector<double>{0.8, 0.8}), kLabPatience);
    type(box("y1"), "0.2");
    QTRY_COMPARE_WITH_TIMEOUT(shown(), (std::vector<double>{0.2, 0.8}), kLabPatience);
    QCOMPARE(box("all experts")->value(), 0.5);
    QVERIFY(named<QLabel>("λ of all (mean)"));
    auto* added = named<QCheckBox>("y1");
    added->setFocus();
    QTest::keyClick(added, Qt::Key_Space);
    QTRY_COMPARE_WITH_TIMEOUT(shown(), (std::vector<double>{0, 0.8}), kLabPatience);
    QVERIFY(!slider("y1")->isEnabled());
    QVERIFY(named<QLabel>("λ of all"));
  }

  /// One expert whole is that expert, in its own task.
  void oneExpertWholeIsItself() {
    openExperts();
    type(box("y1"), "1");
    type(box("y2"), "0");
    QTRY_COMPARE_WITH_TIMEOUT(shown(), (std::vector<double>{1, 0}), kLabPatience);
    QCOMPARE(value(0, ScoresModel::kMerged), value(0, ScoresModel::kFirstExpert));
    QCOMPARE(value(0, ScoresModel::kNormalised), 1.0);
  }

  void picturesShowWhatTheLabFound() {
    openExperts();
    eq::run::MergeLab lab(eq::run::labRequestOf(experts_));
    auto* map = page_->findChild<VectorMap*>();
    const auto cosine = *lab.facts().vectors[0].cosines[0][1];
    QCOMPARE(map->series().at(0).y.at(1), cosine);
    named<QComboBox>("Layer")->setCurrentIndex(1);
    QVERIFY(map->series().at(0).y.at(1) != cosine);
    named<QComboBox>("Quantity")->setCurrentIndex(1);
    QVERIFY(map->tipOf(0, 1).contains("go opposite ways"));
    named<QComboBox>("Quantity")->setCurrentIndex(2);
    QTRY_COMPARE_WITH_TIMEOUT(map->series().size(), std::size_t{2}, kLabPatience);
    QCOMPARE(map->series().at(1).y.at(0), *lab.masks(0.4).overlaps[1][0]);
    auto* bars = page_->findChild<LayerBars*>();
    QCOMPARE(bars->series().size(), std::size_t{2});
    double squares = 0;
    const auto series = bars->series();
    for (const double norm : series.at(0).y) squares += norm * norm;
    const auto whole = lab.facts().vectors[0].norms[0];
    QVERIFY2(
        std::abs(std::sqrt(squares) - whole) < 1e-12 * whole,
        qPrintable(QString("%1, %2").arg(std::sqrt(squares), 0, 'g', 17).arg(whole, 0, 'g', 17)));
  }

  void whatIsSavedIsARun() {
    openExperts();
    type(box("y1"), "0.6");
    QSignalSpy saved(page_.get(), &MergeLabPage::saved);
    QTest::mouseClick(named<QPushButton>("Save as run"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 1, kLabPatience);
    QVERIFY(!saved.at(0).at(2).toBool());
    const auto runs = eq::run::listRuns(path("kept"));
    QCOMPARE(runs.size(), std::size_t{1});
    QCOMPARE(runs[0].title, std::string("merged 0.6 y1, 0.3 y2"));
    QCOMPARE(runs[0].steps, std::int64_t{kBaseSteps});
    QVERIFY(named<QPushButton>("Save as run")->isEnabled());
    QTest::mouseClick(named<QPushButton>("Train on from here"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 2, kLabPatience);
    QVERIFY(saved.at(1).at(2).toBool());
  }

  /// Another lab takes its place, also while one is being opened.
  void theNewestOpeningCounts() {
    page_->open(experts_);
    page_->open({experts_[1]});
    QTRY_VERIFY_WITH_TIMEOUT(page_->model().rowCount() == 3, kLabPatience);
    QCOMPARE(page_->model().columnCount(), ScoresModel::kFirstExpert + 1);
    QVERIFY(slider("y2") && !slider("y1"));
  }

  /// Closed while it works: the destructor waits for what goes on, and nothing is told of it.
  void canBeClosedWhileItWorks() {
    page_->open(experts_);
    page_.reset();
  }
};

EQUIPOISE_TEST(TestMergeLabPage)
#include "tst_merge_lab_page.moc"
