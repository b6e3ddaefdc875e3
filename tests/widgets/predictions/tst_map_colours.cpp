#include <cmath>
#include <limits>

#include <QTest>

#include "tests/registry.h"
#include "widgets/predictions/example_pictures.h"
#include "widgets/predictions/map_colours.h"

using namespace eq::widgets;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

eq::TaskInfo mapTask(eq::TaskKind kind, std::int64_t width) {
  return {"map", kind, width, {}, "m", {1, 2}};
}

bool isTransparent(const QImage& image, int x) {
  return qAlpha(image.pixel(x, 0)) == 0;
}

}  // namespace

/// Maps by hand: 1 x 2 pixels.
class TestMapColours : public QObject {
  Q_OBJECT

 private slots:
  void kindsFollowTheSizes() {
    QCOMPARE(mapKindOf(mapTask(eq::TaskKind::segmentation, 3), 2), MapKind::classes);
    QCOMPARE(mapKindOf(mapTask(eq::TaskKind::regression, 2), 2), MapKind::numbers);
    QCOMPARE(mapKindOf(mapTask(eq::TaskKind::regression, 6), 6), MapKind::normals);
    QCOMPARE(mapKindOf(mapTask(eq::TaskKind::regression, 4), 4), MapKind::none);
    QCOMPARE(mapKindOf({"number", eq::TaskKind::regression, 1, {}, "", {}}, 1), MapKind::none);
  }

  void classesHaveTheirColours() {
    const auto task = mapTask(eq::TaskKind::segmentation, 3);
    for (const Theme theme : {Theme::light, Theme::dark}) {
      const auto maps = drawMaps(task, {0, 2}, {0, 1}, theme);
      QCOMPARE(maps.target.size(), QSize(2, 1));
      QCOMPARE(maps.target.pixelColor(0, 0), classColour(theme, 0));
      QCOMPARE(maps.target.pixelColor(1, 0), classColour(theme, 2));
      QCOMPARE(maps.prediction.pixelColor(1, 0), classColour(theme, 1));
      QCOMPARE(maps.error.pixelColor(0, 0), plotColours(theme).grid);
      QCOMPARE(maps.error.pixelColor(1, 0), plotColours(theme).alarm);
      QVERIFY(classColour(theme, 0) != classColour(theme, 8));
    }
  }

  void whatIsMissingIsTransparentAndNanStandsOut() {
    const auto maps =
        drawMaps(mapTask(eq::TaskKind::segmentation, 3), {kNan, 1}, {1, kNan}, Theme::light);
    QVERIFY(isTransparent(maps.target, 0));
    QVERIFY(isTransparent(maps.error, 0));
    const auto alarm = plotColours(Theme::light).alarm;
    QCOMPARE(maps.prediction.pixelColor(1, 0), alarm);
    QCOMPARE(maps.error.pixelColor(1, 0), alarm);
    const auto depths =
        drawMaps(mapTask(eq::TaskKind::regression, 2), {kNan, 1}, {1, kNan}, Theme::light);
    QVERIFY(isTransparent(depths.target, 0));
    QVERIFY(isTransparent(depths.error, 0));
    QCOMPARE(depths.prediction.pixelColor(1, 0), alarm);
    QCOMPARE(depths.error.pixelColor(1, 0), alarm);
  }

  void depthsShareOneScale() {
    const auto maps = drawMaps(mapTask(eq::TaskKind::regression, 2), {1, 3}, {1, 5}, Theme::light);
    QCOMPARE(maps.target.pixelColor(0, 0), depthColour(0));
    QCOMPARE(maps.target.pixelColor(1, 0), depthColour(0.5));
    QCOMPARE(maps.prediction.pixelColor(1, 0), depthColour(1));
    QCOMPARE(maps.error.pixelColor(0, 0), heatColour(Theme::light, 0));
    QCOMPARE(maps.error.pixelColor(1, 0), heatColour(Theme::light, 1));
    QVERIFY2(maps.scale.contains("1 m") && maps.scale.contains("5 m") &&
                 maps.scale.contains("up to 2 m"),
             qPrintable(maps.scale));
  }

  void depthsGetBrighter() {
    double last = -1;
    for (int i = 0; i <= 20; ++i) {
      const double now = contrastOf(depthColour(i / 20.0), Qt::black);
      QVERIFY(now > last);
      last = now;
    }
  }

  /// Channels after another: x of both pixels, y, z. The second is off by a right angle.
  void normalsAreColoursAndDegrees() {
    const auto maps = drawMaps(mapTask(eq::TaskKind::regression, 6), {1, 0, 0, 0, 0, 1},
                               {2, 0, 0, 1, 0, 0}, Theme::light);
    QCOMPARE(maps.target.pixelColor(0, 0), QColor(255, 128, 128));
    QCOMPARE(maps.prediction.pixelColor(0, 0), QColor(255, 128, 128));
    QCOMPARE(maps.target.pixelColor(1, 0), QColor(128, 128, 255));
    QCOMPARE(maps.error.pixelColor(1, 0), heatColour(Theme::light, 1));
    QVERIFY2(maps.scale.contains("90"), qPrintable(maps.scale));
    const double x[3] = {1, 0, 0}, none[3] = {0, 0, 0}, between[3] = {1, 1, 0};
    QVERIFY(std::abs(degreesBetween(x, between) - 45) < 1e-12);
    QVERIFY(std::isnan(degreesBetween(x, none)));
  }

  void picturesGrowByWholeNumbers() {
    const auto image = pictureOf({1, 2, 3}, {0, 1, 2, 3, 4, 5});
    QCOMPARE(image.size(), QSize(3, 2));
    QCOMPARE(image.pixelColor(0, 0), QColor(Qt::black));
    QCOMPARE(image.pixelColor(2, 1), QColor(Qt::white));
    QCOMPARE(atWholeScale(image, 10).size(), QSize(9, 6));
    QCOMPARE(atWholeScale(image, 2).size(), QSize(1, 1));
    const auto colours = pictureOf({3, 1, 1}, {1, 0, 0});
    QCOMPARE(colours.pixelColor(0, 0), QColor(Qt::red));
  }

  void inputsHaveALook() {
    QCOMPARE(inputLookOf({1, 8, 8}, false), InputLook::picture);
    QCOMPARE(inputLookOf({24}, false), InputLook::series);
    QCOMPARE(inputLookOf({24}, true), InputLook::text);
    QCOMPARE(inputLookOf({2}, false), InputLook::text);
  }

  void linesKeepTheirGaps() {
    const auto line = lineOf({0, kNan, 1}, {40, 20}, QPalette()).toImage();
    bool middle = false;
    for (int y = 0; y < 20; ++y) middle = middle || qAlpha(line.pixel(20, y)) > 0;
    QVERIFY(!middle);
  }
};

EQUIPOISE_TEST(TestMapColours)
#include "tst_map_colours.moc"
