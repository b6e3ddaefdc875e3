#include "widgets/plots/figure_export.h"

#include <cmath>
#include <limits>

#include <qcustomplot.h>

#include <QBuffer>
#include <QClipboard>
#include <QFile>
#include <QGuiApplication>
#include <QMimeData>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTest>
#include <QXmlStreamReader>

#include "core/base/error.h"
#include "tests/registry.h"
#include "widgets/demo_run.h"
#include "widgets/plots/figure_data.h"
#include "widgets/plots/losses_plot.h"
#include "widgets/plots/plot_area.h"
#include "widgets/plots/weights_plot.h"

using namespace eq;
using namespace eq::widgets;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Fixture {
  RunData data;
  PlotLink link;
  LossesPlot losses{data, link};
  WeightsPlot weights{data, link};

  Fixture() {
    data.start({}, demoTasks(2));
    auto records = demoRecords(1, 300, 2);
    records.steps[99].losses[0] = kNaN;
    records.steps[199].losses[1] = std::numeric_limits<double>::infinity();
    records.evaluations.push_back(demoEvaluation(150, 2, train::SplitName::validation));
    records.events.push_back(demoEvent(120, "command", "left: loss focal"));
    data.append(records);
  }
};

QImage imageOf(const std::string& png) {
  return QImage::fromData(QByteArray::fromStdString(png));
}

/// Rows of a CSV text without quotes, the header first.
QList<QStringList> cellsOf(const std::string& csv) {
  QList<QStringList> out;
  for (const QString& line : QString::fromStdString(csv).split('\n', Qt::SkipEmptyParts))
    out << line.split(',');
  return out;
}

}  // namespace

class TestFigureExport : public QObject {
  Q_OBJECT

 private slots:
  void pdfHasAPageOfTheSize() {
    Fixture f;
    const std::string pdf = figureBytes({&f.losses}, FigureFormat::pdf, {});
    QVERIFY(pdf.starts_with("%PDF-"));
    QVERIFY(pdf.find("%%EOF") != std::string::npos);
    // 160 mm and 100 mm in points.
    const QByteArray text = QByteArray::fromStdString(pdf);
    const auto at = text.indexOf("/MediaBox [");
    QVERIFY(at > 0);
    const auto box = text.mid(at + 11, text.indexOf(']', at) - at - 11).simplified().split(' ');
    QVERIFY(std::abs(box[2].toDouble() - 160 / 25.4 * 72) < 1);
    QVERIFY(std::abs(box[3].toDouble() - 100 / 25.4 * 72) < 1);
  }

  void svgParsesAndIsNotEmpty() {
    Fixture f;
    const std::string svg = figureBytes({&f.losses, &f.weights}, FigureFormat::svg, {});
    QXmlStreamReader reader(QByteArray::fromStdString(svg));
    int lines = 0;
    while (!reader.atEnd())
      lines += reader.readNext() == QXmlStreamReader::StartElement &&
                       (reader.name() == u"polyline" || reader.name() == u"path")
                   ? 1
                   : 0;
    QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
    QVERIFY(lines > 10);
    QSvgRenderer renderer(QByteArray::fromStdString(svg));
    QVERIFY(renderer.isValid());
    QCOMPARE(renderer.viewBox().size(), QSize(605, 756));
    QVERIFY(svg.find("width=\"160.073mm\"") != std::string::npos);
    QVERIFY(svg.find("left, validation") != std::string::npos);
  }

  void pngHasSizeAndDpi_data() {
    QTest::addColumn<int>("dpi");
    for (int dpi : {72, 96, 300, 600}) QTest::addRow("%d", dpi) << dpi;
  }
  void pngHasSizeAndDpi() {
    QFETCH(int, dpi);
    Fixture f;
    FigureOptions options;
    options.dpi = dpi;
    const QImage image = imageOf(figureBytes({&f.losses}, FigureFormat::png, options));
    QVERIFY(std::abs(image.width() - 160 / 25.4 * dpi) < dpi / 96.0 + 1);
    QVERIFY(std::abs(image.height() - 100 / 25.4 * dpi) < dpi / 96.0 + 1);
    QVERIFY(std::abs(image.dotsPerMeterX() * 0.0254 - dpi) < 0.1);
  }

  void pngIsTheSameFigureAtEveryDpi() {
    // Scaled down, the figure at 288 dpi shows what the one at 96 dpi shows: text and margins grow
    // with it.
    Fixture f;
    FigureOptions small, large;
    small.dpi = 96;
    large.dpi = 288;
    const QImage a = figureImage({&f.losses}, small);
    const QImage b = figureImage({&f.losses}, large)
                         .scaled(a.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    double difference = 0;
    for (int y = 0; y < a.height(); ++y)
      for (int x = 0; x < a.width(); ++x)
        difference += std::abs(qGray(a.pixel(x, y)) - qGray(b.pixel(x, y)));
    difference /= a.width() * a.height();
    QVERIFY2(difference < 8, qPrintable(QString::number(difference)));
  }

  void figureLeavesTheScreenAsItWas() {
    Fixture f;
    f.losses.resize(500, 300);
    f.losses.show();
    f.link.setCursor(30);
    const PlotStyle before = f.losses.style();
    const QRect viewport = f.losses.plot().viewport();
    FigureOptions options;
    options.theme = Theme::dark;
    options.fontSize = 14;
    options.title = "A title";
    options.legend = false;
    figureBytes({&f.losses}, FigureFormat::pdf, options);
    QCOMPARE(f.losses.style().theme, before.theme);
    QCOMPARE(f.losses.style().fontSize, before.fontSize);
    QVERIFY(f.losses.style().title.isEmpty() && f.losses.style().legend);
    QCOMPARE(f.losses.plot().viewport(), viewport);
    QVERIFY(f.losses.plot().layer("cursor")->visible());
    QCOMPARE(f.losses.plot().xAxis->tickLabelFont().pointSizeF(), before.fontSize);
  }

  void titleLegendAndFontSizeChangeTheFigure() {
    Fixture f;
    FigureOptions plain;
    plain.dpi = 96;
    const QImage reference = figureImage({&f.losses}, plain);
    FigureOptions titled = plain, bare = plain, big = plain, dark = plain;
    titled.title = "Losses of two digits";
    bare.legend = false;
    big.fontSize = 13;
    dark.theme = Theme::dark;
    for (const auto& options : {titled, bare, big, dark})
      QVERIFY(figureImage({&f.losses}, options) != reference);
    QCOMPARE(figureImage({&f.losses}, plain), reference);
    const std::string svg = figureBytes({&f.losses}, FigureFormat::svg, titled);
    QVERIFY(QString::fromStdString(svg).count("Losses of two digits") >= 2);
  }

  void csvRoundTrips() {
    Fixture f;
    const auto cells = cellsOf(figureBytes({&f.weights}, FigureFormat::csv, {}));
    QCOMPARE(cells[0], QStringList({"Step", "left", "right"}));
    QCOMPARE(cells.size(), 301);
    for (int i = 0; i < 300; ++i) {
      QCOMPARE(cells[i + 1][0].toDouble(), i + 1.0);
      for (int task = 0; task < 2; ++task)
        QVERIFY(cells[i + 1][task + 1].toDouble() ==
                f.data.weights(task)[static_cast<std::size_t>(i)]);
    }
  }

  void csvKeepsWhatIsNotFiniteAndLeavesGaps() {
    const double infinity = std::numeric_limits<double>::infinity();
    const std::vector<Series> series{{"a", "Step", {1, 2, 3}, {0.1, kNaN, -infinity}},
                                     {"b \"q\", c", "Step", {2, 2, 4}, {1e300, 5e-324, infinity}}};
    QCOMPARE(csvText(series),
             std::string(
                 "Step,a,\"b \"\"q\"\", c\"\n1,0.1,\n2,nan,1e+300\n2,,5e-324\n3,-inf,\n4,,inf\n"));
    QCOMPARE(csvText({}), std::string("x\n"));
  }

  void pgfplotsDrawsLonePointsAndKeepsGaps() {
    // A thinned series keeps both ends of every gap, so that TeX does not join over one.
    Series series{"a", "Step", {}, {}};
    for (int i = 0; i < 5000; ++i) {
      series.x.push_back(i);
      series.y.push_back(i == 2500 || i == 2502 ? kNaN : 1 + i);
    }
    const QString tex = QString::fromStdString(pgfplotsText({series}, {}));
    for (const char* row :
         {"2499 2500\n", "2500 nan\n", "2501 2502\n", "2502 nan\n", "4999 5000\n"})
      QVERIFY2(tex.contains(row), row);
    QVERIFY(tex.count('\n') < 2000);
    QVERIFY(tex.contains("only marks, mark=*, mark size=1pt, forget plot] table {\n2501 2502\n};"));
    // On a logarithmic axis what is not above 0 is a gap as well.
    const Series mixed{"b", "Step", {1, 2, 3}, {1, -1, 2}};
    PgfAxis axis;
    QCOMPARE(QString::fromStdString(pgfplotsText({mixed}, axis)).count("only marks"), 0);
    axis.logY = true;
    QCOMPARE(QString::fromStdString(pgfplotsText({mixed}, axis)).count("only marks"), 1);
    // Points that the window marks are marked.
    const Series marked{"c", "Step", {1}, {1}, 0, "square*"};
    QVERIFY(QString::fromStdString(pgfplotsText({marked}, {})).contains("mark=square*"));
  }

  void hostileTitlesLeaveTheFigureWhole() {
    Fixture f;
    FigureOptions options;
    options.title = QString("<b>&\x01\n%_");
    const auto svg =
        QByteArray::fromStdString(figureBytes({&f.losses}, FigureFormat::svg, options));
    QXmlStreamReader reader(svg);
    while (!reader.atEnd() && reader.name() != u"title") reader.readNext();
    QCOMPARE(reader.readElementText(), QString("<b>&\\u0001\\n%_"));
    while (!reader.atEnd()) reader.readNext();
    QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
  }

  void pgfplotsHoldsEveryPoint() {
    Fixture f;
    f.losses.setLogY(true);
    FigureOptions options;
    options.title = "50 % of a_b";
    const QString tex =
        QString::fromStdString(figureBytes({&f.losses}, FigureFormat::pgfplots, options));
    QVERIFY(tex.contains("ymode=log") && !tex.contains("xmode=log"));
    QVERIFY(tex.contains("title={50 \\% of a\\_b}"));
    QCOMPARE(tex.count("\\addplot["), 4);
    QCOMPARE(tex.count("\\addlegendentry{"), 4);
    const auto first =
        tex.mid(tex.indexOf("table {") + 8, tex.indexOf("};") - tex.indexOf("table {") - 8)
            .split('\n', Qt::SkipEmptyParts);
    QCOMPARE(first.size(), 300);
    QCOMPARE(first[99], QString("100 nan"));
    QVERIFY(first[0].split(' ')[1].toDouble() == f.data.losses(0)[0]);
    QCOMPARE(tex.count("\\begin{"), tex.count("\\end{"));
  }

  void fileIsWrittenByItsEnding() {
    Fixture f;
    QTemporaryDir folder;
    for (const char* name : {"a.pdf", "a.SVG", "a.png", "a.csv", "a.tex"}) {
      const auto file = std::filesystem::path(folder.path().toStdString()) / name;
      exportFigure({&f.losses}, file, {});
      QVERIFY(std::filesystem::file_size(file) > 500);
    }
    QVERIFY_THROWS_EXCEPTION(Error,
                             exportFigure({&f.losses}, folder.path().toStdString() + "/a.gif", {}));
    QVERIFY_THROWS_EXCEPTION(Error, exportFigure({&f.losses}, "/nonexistent/folder/a.pdf", {}));
  }

  void clipboardHoldsImageAndSvg() {
    Fixture f;
    copyFigure({&f.losses}, {});
    const QMimeData* content = QGuiApplication::clipboard()->mimeData();
    QVERIFY(content->hasImage());
    QVERIFY(content->data("image/svg+xml").contains("<svg"));
  }

  void everyPlotOfAnAreaExports() {
    Fixture f;
    PlotArea area(f.data, f.link);
    for (const auto format : {FigureFormat::pdf, FigureFormat::svg, FigureFormat::png,
                              FigureFormat::csv, FigureFormat::pgfplots})
      for (PlotPanel* panel : area.panels())
        QVERIFY2(!figureBytes({panel}, format, {}).empty(), qPrintable(panel->title()));
    QVERIFY(area.panel("condition-number") && area.panel("gradient-norms") &&
            !area.panel("nothing"));
  }
};

EQUIPOISE_TEST(TestFigureExport)
#include "tst_figure_export.moc"
