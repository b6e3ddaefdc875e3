#include "widgets/style/curve_colours.h"

#include <QTest>
#include <QWidget>

#include "tests/registry.h"

using namespace eq::widgets;

namespace {

constexpr double kForParts = 3;  // WCAG 2.1: 1.4.11

class Watcher : public QWidget {
 public:
  int told = 0;

 protected:
  void changeEvent(QEvent* event) override { told += event->type() == QEvent::PaletteChange; }
};

}  // namespace

class TestCurveColours : public QObject {
  Q_OBJECT

 private slots:
  void cleanup() { useCurveColours({}); }

  void everyColourCanBeSeenAndNoneStandsTwice() {
    for (const auto& set : curveColourSets()) {
      useCurveColours(set.id);
      QCOMPARE(curveColours().id, set.id);
      for (const auto theme : {Theme::light, Theme::dark}) {
        QSet<QRgb> different;
        for (int i = 0; i < 8; ++i) {
          const auto colour = taskColour(theme, i);
          different << colour.rgb();
          const double contrast = contrastOf(colour, plotColours(theme).background);
          QVERIFY2(contrast >= kForParts,
                   qPrintable(QString("%1, colour %2: %3").arg(set.id).arg(i).arg(contrast)));
        }
        QCOMPARE(different.size(), 8);
        QCOMPARE(taskColour(theme, 8), taskColour(theme, 0));
      }
    }
  }

  void windowsAreToldOfAnotherSet() {
    Watcher watcher;
    watcher.show();
    watcher.told = 0;
    useCurveColours(curveColourSets()[2].id);
    QCOMPARE(watcher.told, 1);
  }

  void anUnknownSetIsTheFirst() {
    useCurveColours("tol_bright");
    useCurveColours("none such");
    QCOMPARE(curveColours().id, curveColourSets()[0].id);
  }
};

EQUIPOISE_TEST(TestCurveColours)
#include "tst_curve_colours.moc"
