#include <algorithm>
#include <cmath>

#include <qcustomplot.h>

#include <QComboBox>
#include <QListWidget>
#include <QTest>
#include <QToolButton>

#include "core/balance/catalog.h"
#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/figure_export.h"
#include "widgets/plots/geometry_plot.h"
#include "widgets/plots/geometry_view.h"

using namespace eq;
using namespace eq::widgets;

namespace {

double dot(const Place3& a, const Place3& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}

struct Fixture {
  explicit Fixture(int tasks = 2) {
    if (tasks > 0) {
      data.start({}, demoTasks(tasks));
      data.append(demoRecords(1, 100, tasks, 10));
    }
    view.resize(900, 600);
    view.show();
    settle();
  }

  /// Until the axes are laid out.
  void settle() {
    plot().plot().replot(QCustomPlot::rpImmediateRefresh);
    plot().plot().replot(QCustomPlot::rpImmediateRefresh);
  }

  GeometryPlot& plot() { return view.plot(); }

  QStringList arrows() {
    QStringList names;
    for (const auto& series : plot().series()) names << series.name;
    return names;
  }

  QListWidgetItem* method(const QString& id) {
    for (int row = 0; row < view.methods().count(); ++row)
      if (view.methods().item(row)->data(Qt::UserRole).toString() == id)
        return view.methods().item(row);
    return nullptr;
  }

  QToolButton* button(const QString& text) {
    for (auto* one : plot().findChildren<QToolButton*>())
      if (one->text() == text) return one;
    return nullptr;
  }

  void drag(const QPoint& from, const QPoint& to) {
    auto& canvas = plot().plot();
    QTest::mousePress(&canvas, Qt::LeftButton, {}, from);
    QTest::mouseMove(&canvas, (from + to) / 2);
    QTest::mouseMove(&canvas, to);
    QTest::mouseRelease(&canvas, Qt::LeftButton, {}, to);
  }

  RunData data;
  PlotLink link;
  GeometryView view{data, link};
};

}  // namespace

class TestGeometry : public QObject {
  Q_OBJECT

 private slots:
  void arrowsHaveTheGramianOfTheSample_data() {
    QTest::addColumn<int>("tasks");
    QTest::newRow("two") << 2;
    QTest::newRow("three") << 3;
  }

  void arrowsHaveTheGramianOfTheSample() {
    QFETCH(int, tasks);
    Fixture f(tasks);
    const auto& record = f.data.conflicts().back();
    const auto& tips = f.plot().scene().tips();
    QCOMPARE(tips.size(), static_cast<std::size_t>(tasks));
    // Made-up cosines need not be those of vectors: the first two always are.
    for (std::size_t i = 0; i < 2; ++i)
      for (std::size_t j = 0; j < 2; ++j) {
        const double expected =
            record.cosines[i * record.norms.size() + j] * record.norms[i] * record.norms[j];
        QVERIFY(std::abs(dot(tips[i], tips[j]) - expected) < 1e-9);
      }
    QVERIFY2(f.plot().countText().contains("step 100, exact"), qPrintable(f.plot().countText()));
  }

  void aMethodsArrowIsWhatTheMethodSays() {
    Fixture f;
    const auto& scene = f.plot().scene();
    for (std::size_t i = 0; i < scene.methods().size(); ++i) {
      if (scene.methods()[i].descriptor->id != "mgda") continue;
      // The nearest point to 0 of the segment between both tips.
      const auto &a = scene.tips()[0], &b = scene.tips()[1];
      const double share =
          std::clamp((dot(b, b) - dot(a, b)) / (dot(a, a) + dot(b, b) - 2 * dot(a, b)), 0.0, 1.0);
      const auto nearest = scene.combined({share, 1 - share});
      const auto update = scene.update(i);
      QVERIFY(update.has_value());
      // Whatever its length is scaled to.
      QVERIFY(std::abs(dot(nearest, *update) - lengthOf(nearest) * lengthOf(*update)) <
              1e-6 * lengthOf(nearest) * lengthOf(*update));
    }
    QVERIFY(f.arrows().contains("this run"));
  }

  void methodsAreChosenAndThoseThatCannotBeAskedSayWhy() {
    Fixture f;
    QCOMPARE(f.view.methods().count(), static_cast<int>(balance::allDescriptors().size()));
    const auto before = f.arrows().size();
    auto* imtl = f.method("imtl_g");
    QVERIFY(imtl && imtl->checkState() == Qt::Unchecked);
    imtl->setCheckState(Qt::Checked);
    QCOMPARE(f.arrows().size(), before + 1);
    imtl->setCheckState(Qt::Unchecked);
    QCOMPARE(f.arrows().size(), before);
    QVERIFY(f.method("uncertainty")->text().contains("fresh state"));
    for (const auto& method : f.plot().scene().methods()) {
      if (method.obstacle.empty()) continue;
      const auto* item = f.method(QString::fromStdString(method.descriptor->id));
      QVERIFY(!(item->flags() & Qt::ItemIsEnabled));
      QVERIFY(item->toolTip().contains(QString::fromStdString(method.obstacle).toHtmlEscaped()) ||
              item->toolTip().contains(QString::fromStdString(method.obstacle)));
    }
  }

  void anArrowIsDraggedAndResetGoesBack() {
    Fixture f;
    const auto before = f.plot().scene().tips();
    const QPoint tip = f.plot().tipPixel(1).toPoint();
    auto& canvas = f.plot().plot();
    const QPoint to = tip + QPoint(-60, 40);
    const QPointF wanted(canvas.xAxis->pixelToCoord(to.x()), canvas.yAxis->pixelToCoord(to.y()));
    const double pixel = canvas.xAxis->pixelToCoord(1) - canvas.xAxis->pixelToCoord(0);
    f.drag(tip, to);
    QVERIFY(f.plot().isByHand());
    const auto& moved = f.plot().scene().tips();
    QVERIFY(std::abs(moved[1].x - wanted.x()) < 2 * pixel);
    QVERIFY(std::abs(moved[1].y - wanted.y()) < 2 * pixel);
    QCOMPARE(moved[0].x, before[0].x);
    QVERIFY2(f.plot().countText().startsWith("by hand"), qPrintable(f.plot().countText()));
    QVERIFY(!f.arrows().contains("this run"));
    // What the run does meanwhile does not take the arrow out of the hand.
    f.data.append(demoRecords(101, 120, 2, 10));
    QCOMPARE(f.plot().scene().tips()[1].x, moved[1].x);
    QTest::mouseClick(f.button("Reset"), Qt::LeftButton);
    QVERIFY(!f.plot().isByHand());
    QVERIFY(f.plot().countText().contains("step 120"));
  }

  void equalLengthsKeepTheLengthThatIsDragged() {
    Fixture f;
    const double length = lengthOf(f.plot().scene().tips()[1]);
    QTest::mouseClick(f.button("Equal lengths"), Qt::LeftButton);
    f.settle();
    for (const auto& series : f.plot().series())
      QVERIFY(std::abs(std::hypot(series.x[1], series.y[1]) - 1) < 1e-9);
    const QPoint tip = f.plot().tipPixel(1).toPoint();
    f.drag(tip, tip + QPoint(30, 50));
    QVERIFY(f.plot().isByHand());
    QVERIFY(std::abs(lengthOf(f.plot().scene().tips()[1]) - length) < 1e-9 * length);
  }

  void theSampleAtTheCursorIsShown() {
    Fixture f;
    f.link.setCursor(43);
    QVERIFY2(f.plot().countText().contains("step 40"), qPrintable(f.plot().countText()));
    f.link.setCursor(std::nullopt);
    QVERIFY(f.plot().countText().contains("step 100"));
  }

  void ofManyTasksAPairIsShownAlone() {
    Fixture f(6);
    QCOMPARE(f.plot().scene().taskCount(), std::size_t(2));
    QVERIFY(f.plot().countText().contains("these tasks alone"));
    QVERIFY(!f.arrows().contains("this run"));
    auto* choice = f.plot().findChild<QComboBox*>();
    QCOMPARE(choice->count(), 12);
    choice->setCurrentIndex(3);
    QCOMPARE(f.arrows().filter(choice->currentText().section(" – ", 0, 0)).size(), 1);
  }

  void threeTasksSpanASpaceThatTurns() {
    Fixture f(3);
    QCOMPARE(f.plot().scene().taskCount(), std::size_t(3));
    const QPointF before = f.plot().tipPixel(2);
    const auto tips = f.plot().scene().tips();
    const QRect rect = f.plot().plot().axisRect()->rect();
    f.drag(rect.bottomLeft() + QPoint(12, -12), rect.bottomLeft() + QPoint(90, -60));
    f.settle();
    QVERIFY(!f.plot().isByHand());
    QCOMPARE(f.plot().scene().tips()[2].z, tips[2].z);
    QVERIFY((f.plot().tipPixel(2) - before).manhattanLength() > 3);
  }

  void withoutARunGradientsAreMadeUp() {
    Fixture f(0);
    QCOMPARE(f.plot().scene().taskCount(), std::size_t(2));
    QVERIFY2(f.plot().countText().startsWith("made-up"), qPrintable(f.plot().countText()));
    QVERIFY(f.arrows().contains("first"));
  }

  void exportsLikeAnyPlot() {
    Fixture f;
    const auto csv = QString::fromStdString(figureBytes({&f.plot()}, FigureFormat::csv, {}));
    QVERIFY2(csv.startsWith("along,"), qPrintable(csv.left(60)));
    QVERIFY(figureBytes({&f.plot()}, FigureFormat::pgfplots, {}).find("\\addplot") !=
            std::string::npos);
    QVERIFY(!figureBytes({&f.plot()}, FigureFormat::svg, {}).empty());
  }
};

EQUIPOISE_TEST(TestGeometry)
#include "tst_geometry.moc"
