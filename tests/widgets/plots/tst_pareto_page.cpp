#include "widgets/plots/pareto_page.h"

#include <cmath>

#include <qcustomplot.h>
#include <QPushButton>
#include <QSignalSpy>
#include <QSlider>
#include <QTest>

#include "tests/registry.h"
#include "widgets/demo_front.h"
#include "widgets/plots/pareto_plot.h"
#include "widgets/plots/preference_field.h"
#include "widgets/plots/preference_triangle.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr double kClose = 1e-9;

struct Fixture {
  RunData data;
  PlotLink link;
  ParetoPage page{data, link};

  explicit Fixture(int tasks = 2) {
    startFront(data, tasks, {10, 20, 30});
    page.resize(700, 600);
    page.show();
    page.plot().setObjectives(data.taskName(0) + " · loss", data.taskName(1) + " · loss");
    settle();
  }
  void settle() {
    page.plot().bringUpToDate();
    page.plot().plot().replot();
  }
};

train::FrontLook lookAtFront(const std::vector<double>& preference) {
  return {preference, 30, 512, 2000, valuesAt(30, preference)};
}

}  // namespace

/// The front of a run that trains one, and the model of a preference.
class TestParetoPage : public QObject {
  Q_OBJECT

 private slots:
  void aRunOfOneModelHasNoBar() {
    Fixture f;
    QVERIFY(f.page.wanted());
    auto plain = frontOf(2);
    plain.pareto = {};
    f.data.start(plain, demoTasks(2));
    QVERIFY(!f.page.wanted());
    QVERIFY(!f.page.findChild<PreferenceField*>()->isVisible());
  }

  void theSliderAsksForItsPreference() {
    Fixture f;
    QCOMPARE(f.page.wanted()->preference, (std::vector<double>{.5, .5}));
    QSignalSpy changed(&f.page, &ParetoPage::wantedChanged);
    f.page.findChild<QSlider*>()->setValue(25);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(f.page.wanted()->preference, (std::vector<double>{.75, .25}));
    f.page.hide();
    QVERIFY(!f.page.wanted());
    QVERIFY(changed.size() > 1);
    QSignalSpy asked(&f.page, &ParetoPage::exportRequested);
    f.page.findChild<QPushButton*>()->click();
    QCOMPARE(asked[0][0].value<std::vector<double>>(), (std::vector<double>{.75, .25}));
  }

  void theModelLiesAmongThePointsAndIsTold() {
    Fixture f;
    QVERIFY(!f.page.plot().modelPlace());
    f.page.showLook(lookAtFront({.6, .4}));
    const auto place = f.page.plot().modelPlace();
    QVERIFY(place);
    QVERIFY(std::abs((*place)[0] - (1 + 1 / 3.0 + 1.2)) < kClose);
    QVERIFY(f.page.words().contains("step 30"));
    QVERIFY(f.page.words().contains("512 of 2\u202f000 validation examples"));
    f.page.plot().setObjectives(f.data.taskName(0) + " · accuracy", f.data.taskName(1) + " · loss");
    QVERIFY(std::abs((*f.page.plot().modelPlace())[0] - (1 - (2.2 + 1 / 3.0) / 20)) < kClose);
    f.page.showProblem("no checkpoint");
    QVERIFY(!f.page.plot().modelPlace());
    QCOMPARE(f.page.words(), QString("no checkpoint"));
    f.page.showLook(lookAtFront({1, 0, 0}));  // of another run
    QVERIFY(!f.page.plot().modelPlace());
  }

  void aPointsModelCanBeChosen() {
    Fixture f;
    f.page.setPreference({.25, .75});
    QCOMPARE(f.page.wanted()->preference, (std::vector<double>{.25, .75}));
    QCOMPARE(f.page.findChild<QSlider*>()->value(), 75);
  }

  void threeTasksHaveATriangle() {
    Fixture f(3);
    auto* triangle = f.page.findChild<PreferenceTriangle*>();
    QVERIFY(triangle);
    QTRY_COMPARE(triangle->size(), triangle->sizeHint());
    QSignalSpy changed(&f.page, &ParetoPage::wantedChanged);
    QTest::mouseClick(triangle, Qt::LeftButton, {}, {0, triangle->height() - 1});
    const auto first = f.page.wanted()->preference;
    QCOMPARE(first, (std::vector<double>{1, 0, 0}));
    QTest::mouseClick(triangle, Qt::LeftButton, {}, {triangle->width() / 2, 0});
    QVERIFY(f.page.wanted()->preference[2] > 0.95);
    QCOMPARE(changed.size(), 2);
    QTest::keyClick(triangle, Qt::Key_Down);
    QVERIFY(f.page.wanted()->preference[2] < 0.99);
  }

  void moreTasksHaveSlidersThatSumToOne() {
    PreferenceField field;
    field.setTasks({"a", "b", "c", "d"});
    const auto sliders = field.findChildren<QSlider*>();
    QCOMPARE(sliders.size(), 4);
    sliders[0]->setValue(40);
    for (std::size_t k = 1; k < 4; ++k) QVERIFY(std::abs(field.preference()[k] - 0.2) < kClose);
    sliders[1]->setValue(100);
    QCOMPARE(field.preference(), (std::vector<double>{0, 1, 0, 0}));
    sliders[1]->setValue(40);
    for (const std::size_t k : {0U, 2U, 3U})
      QVERIFY(std::abs(field.preference()[k] - 0.2) < kClose);
    QCOMPARE(sliders[3]->value(), 20);
  }
};

EQUIPOISE_TEST(TestParetoPage)
#include "tst_pareto_page.moc"
