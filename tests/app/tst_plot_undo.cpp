#include <algorithm>

#include <qcustomplot.h>

#include <QAction>
#include <QComboBox>
#include <QDockWidget>
#include <QMenuBar>
#include <QSettings>
#include <QSlider>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <QUndoStack>

#include "app/main_window.h"
#include "app/run_controller.h"
#include "tests/registry.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/smoothing_slider.h"
#include "widgets/plots/time_plot.h"
#include "widgets/session/run_data.h"
#include "widgets/style/message_bar.h"

using namespace eq::widgets;
using eq::app::MainWindow;

namespace {

constexpr int kPatience = 30000;  // ms, for machines with much else to do

eq::train::Experiment shortValleys() {
  return eq::train::experimentFromJson(nlohmann::json::parse(R"({
    "name": "Valleys", "data": {"id": "two_valleys"}, "model": {"id": "point"}, "batch_size": 1,
    "epochs": 20, "threads": 1})"));
}

}  // namespace

/// What a person sets in the plots stands on the one stack of edits, and says what it was.
class TestPlotUndo : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings_.path());
    QApplication::setOrganizationName("equipoise-test");
    QApplication::setApplicationName("plot-undo");
  }
  void init() {
    QSettings().clear();
    workspace_ = std::make_unique<QTemporaryDir>();
    window_ = std::make_unique<MainWindow>(workspace_->path().toStdString());
    window_->resize(1400, 800);
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    window_->openExperiment(shortValleys());
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(!window_->runs().active() && !window_->data().tasks().empty(),
                             kPatience);
    undo_ = window_->findChild<QUndoStack*>();
    undo_->clear();
  }
  void cleanup() {
    window_.reset();
    workspace_.reset();
  }

  void theScaleOfAnAxis() {
    QToolButton* button = nullptr;
    for (auto* one : losses().findChildren<QToolButton*>())
      if (one->text() == "Log y") button = one;
    QVERIFY(button);
    QTest::mouseClick(button, Qt::LeftButton);
    QVERIFY(losses().isLogY());
    QCOMPARE(undo_->undoText(), QString("logarithmic y axis of Losses"));
    back();
    QVERIFY(!losses().isLogY());
    again();
    QVERIFY(losses().isLogY());
  }

  void howTasksShareTheirAxes() {
    QComboBox* box = nullptr;
    for (auto* one : losses().findChildren<QComboBox*>())
      if (one->accessibleName() == "Axes of the tasks") box = one;
    QVERIFY(box);
    const int before = box->currentIndex();
    const int after = static_cast<int>(Arrangement::eachTask);
    QVERIFY(before != after);
    box->setCurrentIndex(after);
    QCOMPARE(losses().panes().size(), std::size_t{2});
    back();
    QCOMPARE(box->currentIndex(), before);
    QCOMPARE(savedArrangement("Losses"), static_cast<Arrangement>(before));
  }

  void whatTheLegendHides() {
    losses().choose(Arrangement::together);
    losses().bringUpToDate();
    auto* legend = losses().plot().legend;
    QVERIFY(legend->itemCount() > 1);
    emit losses().plot().legendClick(legend, legend->item(0), nullptr);
    const auto visible = [this] {
      const auto& lines = losses().drawnLines();
      return std::count_if(lines.begin(), lines.end(),
                           [](const auto& line) { return line->isVisible(); });
    };
    const auto all = static_cast<std::ptrdiff_t>(losses().drawnLines().size());
    QVERIFY(visible() < all);
    QCOMPARE(undo_->undoText(), QString("shown curves of Losses"));
    back();
    QCOMPARE(visible(), all);
  }

  void theUnitOfTheXAxis() {
    QAction* examples = nullptr;
    for (auto* one : window_->plots().unitActions())
      if (one->text().remove('&') == toText(XUnit::examples)) examples = one;
    QVERIFY(examples);
    examples->trigger();
    QCOMPARE(losses().series().front().xName, toText(XUnit::examples));
    back();
    QCOMPARE(losses().series().front().xName, toText(XUnit::step));
  }

  void aSmoothingOfManyKeysIsOneEdit() {
    auto* slider = window_->findChild<SmoothingSlider*>()->findChild<QSlider*>();
    const int before = slider->value();
    for (int i = 0; i < 4; ++i) QTest::keyClick(slider, Qt::Key_Left);
    QCOMPARE(slider->value(), before - 4);
    QCOMPARE(undo_->count(), 1);
    back();
    QCOMPARE(slider->value(), before);
    again();
    QCOMPARE(slider->value(), before - 4);
  }

  void thePlaceOfAPlotAndTheLayout() {
    QDockWidget* weights = nullptr;
    for (auto* dock : window_->plots().docks())
      if (dock->windowTitle() == "Weights") weights = dock;
    QVERIFY(weights && !weights->isFloating());
    emit window_->plots().panel("weights")->moveRequested(PlotPlace::ownWindow);
    QVERIFY(weights->isFloating());
    QCOMPARE(undo_->undoText(), QString("place of Weights"));
    for (auto* action : window_->findChildren<QAction*>())
      if (action->text().remove('&') == "Reset the layout") action->trigger();
    QVERIFY(!weights->isFloating());
    QCOMPARE(undo_->undoText(), QString("layout of the window"));
    undo_->undo();
    QVERIFY(weights->isFloating());
    undo_->undo();
    QVERIFY(!weights->isFloating());
  }

  /// A fork without a change is offered for changes of the run alone.
  void noForkIsOfferedForASetting() {
    window_->runs().session().setLimit(50);
    window_->openExperiment([] {
      auto experiment = shortValleys();
      experiment.epochs = 1e6;
      return experiment;
    }());
    window_->startExperiment();
    QTRY_VERIFY_WITH_TIMEOUT(window_->data().x(XUnit::step).size() > 2, kPatience);
    QToolButton* button = nullptr;
    for (auto* one : losses().findChildren<QToolButton*>())
      if (one->text() == "Log y") button = one;
    QTest::mouseClick(button, Qt::LeftButton);
    window_->runs().session().send(eq::train::Command::setLearningRate(0.25));
    QTRY_VERIFY_WITH_TIMEOUT(window_->data().events().back().kind == "command", kPatience);
    undo_->undo();
    QVERIFY2(!window_->messages().text().contains("taken back"),
             qPrintable(window_->messages().text()));
    window_->endSession();
  }

 private:
  TimePlot& losses() const { return *dynamic_cast<TimePlot*>(window_->plots().panel("losses")); }
  void back() { QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier); }
  void again() {
    QTest::keyClick(window_.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  }

  QTemporaryDir settings_;
  std::unique_ptr<QTemporaryDir> workspace_;
  std::unique_ptr<MainWindow> window_;
  QUndoStack* undo_ = nullptr;
};

EQUIPOISE_TEST(TestPlotUndo)
#include "tst_plot_undo.moc"
