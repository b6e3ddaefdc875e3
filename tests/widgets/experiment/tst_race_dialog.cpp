#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

#include "core/base/paths.h"
#include "core/train/field_choices.h"
#include "tests/registry.h"
#include "widgets/experiment/clone_dialog.h"
#include "widgets/experiment/race_dialog.h"
#include "widgets/experiment/race_lanes.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/number_boxes.h"

using namespace eq::widgets;
using eq::train::Experiment;
using nlohmann::json;

namespace {

Experiment sample(const char* name) {
  return eq::train::readExperiment(eq::samplesFolder() / name);
}

std::vector<std::string> lossesIn(const RaceRequest& request, size_t setting = 0) {
  std::vector<std::string> ids;
  for (const auto& lane : request.lanes) ids.push_back(lane[setting].value.at("id"));
  return ids;
}

QPushButton* buttonOf(const QWidget& dialog, const QString& text) {
  for (auto* button : dialog.findChildren<QPushButton*>())
    if (QString(button->text()).remove('&').startsWith(text)) return button;
  return nullptr;
}

/// What the lanes, or a clone, differ in.
QComboBox* subjectOf(const QWidget& dialog) {
  for (auto* box : dialog.findChildren<QComboBox*>())
    if (box->accessibleName() == "What the lanes differ in" ||
        box->accessibleName() == "What is changed")
      return box;
  return nullptr;
}

/// What `click` asks a dialog to start.
RaceRequest started(RaceDialog& dialog) {
  RaceRequest request;
  QObject::connect(&dialog, &RaceDialog::startRequested, &dialog,
                   [&](const RaceRequest& one) { request = one; });
  QTest::mouseClick(buttonOf(dialog, "Start the race"), Qt::LeftButton);
  return request;
}

}  // namespace

class TestRaceDialog : public QObject {
  Q_OBJECT

 private slots:
  void lanesBeginWithTheLossesThatPeopleCompare() {
    RaceDialog dialog(sample("two-digits.json"), {}, "tasks[1].loss", "/tmp/runs");
    dialog.show();
    const auto request = started(dialog);
    QCOMPARE(lossesIn(request), (std::vector<std::string>{"cross_entropy", "squentropy", "focal"}));
    for (const auto& lane : request.lanes) {
      QCOMPARE(lane.size(), size_t{1});
      QCOMPARE(lane[0].path, std::string("tasks[1].loss"));
    }
    QCOMPARE(request.workspace, std::filesystem::path("/tmp/runs"));
    QCOMPARE(request.name, QString("Race Two digits at once"));
    QCOMPARE(request.experiment.epochs, 30.0);
  }

  void lossesOfEveryTaskAreSetAlike() {
    RaceDialog dialog(sample("two-digits.json"), {}, "tasks[0].loss", "/tmp");
    auto* subject = subjectOf(dialog);
    QCOMPARE(subject->currentText(), QString("Loss of left"));
    subject->setCurrentIndex(0);
    QCOMPARE(subject->currentText(), QString("Loss of every task"));
    const auto request = started(dialog);
    for (const auto& lane : request.lanes) {
      QCOMPARE(lane.size(), size_t{2});
      QCOMPARE(lane[0].path, std::string("tasks[0].loss"));
      QCOMPARE(lane[1].path, std::string("tasks[1].loss"));
      QVERIFY(lane[0].value == lane[1].value);
    }
  }

  void gradientMethodsBeginWithNone() {
    RaceDialog dialog(sample("two-digits.json"), {}, "balancer.gradient", "/tmp");
    const auto request = started(dialog);
    QCOMPARE(request.lanes.size(), size_t{3});
    QVERIFY(request.lanes[0][0].value.is_null());
    QVERIFY((request.lanes[1][0].value == json{{"id", "pcgrad"}}));
    QVERIFY(request.lanes[2][0].value.at("id") == "cagrad");
  }

  void thereAreTwoToEightLanes() {
    RaceDialog dialog(sample("two-digits.json"), {}, "tasks[0].loss", "/tmp");
    dialog.show();
    auto* add = buttonOf(dialog, "Add a lane");
    for (int i = 3; i < 8; ++i) QTest::mouseClick(add, Qt::LeftButton);
    QVERIFY(!add->isEnabled());
    auto lanes = dialog.findChildren<VariantEditor*>();
    QCOMPARE(lanes.size(), 8);
    for (int i = 0; i < 6; ++i)
      QTest::mouseClick(lanes[i]->findChild<QToolButton*>(), Qt::LeftButton);
    QCOMPARE(lossesIn(started(dialog)).size(), size_t{0});  // the last two are the same
    QVERIFY2(dialog.problem().contains("the same"), qPrintable(dialog.problem()));
    QVERIFY(!lanes[7]->findChild<QToolButton*>()->isVisible());
  }

  /// The start waits for what is wrong, and says what.
  void aLaneThatDoesNotCountIsNamed() {
    RaceDialog dialog(sample("two-digits.json"), {}, "optimizer.lr", "/tmp");
    auto* subject = subjectOf(dialog);
    QVERIFY2(subject->currentText().contains("optimizer.lr"), qPrintable(subject->currentText()));
    QVERIFY(!dialog.problem().isEmpty());  // both lanes are what is in force
    auto lanes = dialog.findChildren<VariantEditor*>();
    lanes[1]->setValue(0.01);
    emit lanes[1]->edited();
    QCOMPARE(dialog.problem(), QString());
    const auto request = started(dialog);
    QVERIFY(request.lanes[0][0].value == 0.001 && request.lanes[1][0].value == 0.01);
  }

  void whatWasTypedForOneSubjectStaysWhileAnotherIsLookedAt() {
    RaceDialog dialog(sample("two-digits.json"), {}, "tasks[0].loss", "/tmp");
    auto* subject = subjectOf(dialog);
    const int before = subject->currentIndex();
    dialog.findChildren<VariantEditor*>()[0]->setValue({{"id", "gce"}});
    subject->setCurrentIndex(before + 2);
    subject->setCurrentIndex(before);
    QCOMPARE(lossesIn(started(dialog)), (std::vector<std::string>{"gce", "squentropy", "focal"}));
  }

  void aStartThatWasRefusedKeepsAll() {
    RaceDialog dialog(sample("two-digits.json"), {}, "tasks[0].loss", "/tmp");
    dialog.show();
    const auto request = started(dialog);
    auto* start = buttonOf(dialog, "Starting");
    QVERIFY(start && !start->isEnabled());
    dialog.refuse("the disk is full");
    QVERIFY(start->isEnabled() && dialog.isVisible());
    QVERIFY(lossesIn(started(dialog)) == lossesIn(request));
  }

  void aCloneChangesWhatARunningJobCan() {
    CloneDialog dialog(sample("two-digits.json"), "Two digits");
    const auto* subject = subjectOf(dialog);
    for (int i = 0; i < subject->count(); ++i) {
      const auto text = subject->itemText(i);
      QVERIFY2(!text.contains("seed") && !text.contains("model") && !text.contains("data."),
               qPrintable(text));
    }
    QSignalSpy asked(&dialog, &CloneDialog::cloneRequested);
    dialog.findChild<VariantEditor*>()->setValue({{"id", "focal"}, {"gamma", 3}});
    QTest::mouseClick(buttonOf(dialog, "Clone"), Qt::LeftButton);
    QCOMPARE(asked.count(), 1);
    const auto settings = asked[0][0].value<std::vector<eq::train::Setting>>();
    QCOMPARE(settings.size(), size_t{2});  // the loss of every task
    QVERIFY(settings[1].value.at("gamma") == 3);
    QCOMPARE(asked[0][1].toString(), QString("Two digits, clone"));
  }

  void everySampleHasAQuickRaceOfLanesThatFitIt_data() {
    QTest::addColumn<QString>("title");
    QTest::newRow("two-digits.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("digit-facts.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("digit-pixels.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("long-tailed-digits.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("noisy-labels.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("ordered-digits.json") << "Race cross-entropy, CORAL, squared EMD";
    QTest::newRow("tokenised-series.json") << "Race cross-entropy, CORAL, squared EMD";
    QTest::newRow("rooms.json") << "Race equal weights, uncertainty, GradNorm";
    QTest::newRow("shifted.json") << "Race MSE, Huber, L1";
    QTest::newRow("robust-digits.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("distill.json") << "Race squentropy, cross-entropy, focal";
    QTest::newRow("scale-imbalance.json") << "Race equal weights, uncertainty, GradNorm";
    QTest::newRow("table.json") << "Race equal weights, uncertainty, GradNorm";
    QTest::newRow("two-valleys.json") << "Race no method, PCGrad, CAGrad";
  }

  void everySampleHasAQuickRaceOfLanesThatFitIt() {
    QFETCH(QString, title);
    const auto experiment = sample(QTest::currentDataTag());
    const auto race = quickRaceOf(experiment);
    QCOMPARE(race.title, title);
    QCOMPARE(race.lanes.size(), size_t{3});
    std::vector<Experiment> lanes;
    for (const auto& lane : race.lanes) lanes.push_back(withSettings(experiment, lane));
    QVERIFY(lanes[0] != lanes[1] && lanes[1] != lanes[2] && lanes[0] != lanes[2]);
  }

  /// Dialogs offer no field that `--set` would not know.
  void everyFieldThatIsOfferedCanBeSet() {
    const auto experiment = sample("two-digits.json");
    const auto fields = eq::train::fieldChoices(experiment);
    QVERIFY(fields.size() > 30);
    for (const auto& field : fields) {
      const auto same = withSettings(experiment, {{field.path, field.spec.defaultValue}});
      QVERIFY2(toJson(same)["seed"] == 1, field.path.c_str());
    }
  }
};

EQUIPOISE_TEST(TestRaceDialog)
#include "tst_race_dialog.moc"
