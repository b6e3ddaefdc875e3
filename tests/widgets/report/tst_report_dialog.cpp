#include <algorithm>
#include <cmath>

#include <QCheckBox>
#include <QComboBox>
#include <QFile>
#include <QFileInfo>
#include <QLabel>
#include <QPointer>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QTemporaryDir>
#include <QTest>
#include <QTextTable>

#include "core/study/report/chart.h"
#include "tests/registry.h"
#include "widgets/demo_folder.h"
#include "widgets/report/report_dialog.h"
#include "widgets/report/report_document.h"
#include "widgets/report/report_pdf.h"
#include "widgets/style/curve_colours.h"
#include "widgets/style/theme.h"

using namespace eq;
using namespace eq::widgets;

class TestReportDialog : public QObject {
  Q_OBJECT

 private slots:
  /// Two settings, two seeds each.
  void initTestCase() {
    for (const double rate : {0.1, 0.2})
      for (std::uint64_t seed : {1, 2}) {
        auto experiment = demoExperiment("valleys", seed);
        experiment.optimizer.params["lr"] = rate;
        folders_.push_back(makeDemoRun(place() / (std::to_string(rate) + std::to_string(seed)),
                                       experiment, demoRecords(1, 40, 2)));
      }
  }

  void theGroupOfThePinnedRunIsTestedAgainst() {
    ReportDialog dialog(folders_, folders_[3]);
    QCOMPARE(baselineOf(dialog), std::vector<std::string>{"optimizer.lr=0.2"});
    ReportDialog other(folders_, {});
    QCOMPARE(baselineOf(other), std::vector<std::string>{"optimizer.lr=0.1"});
  }

  void onlyChosenPartsAreAskedFor() {
    auto* dialog = new ReportDialog(folders_, {});
    dialog->show();
    QCOMPARE(dialog->request().options.parts.size(), study::allReportParts().size());
    auto* angles = dialog->findChild<QCheckBox*>("angles");
    QTest::mouseClick(angles, Qt::LeftButton, {}, QPoint(8, angles->height() / 2));
    QVERIFY(!dialog->request().options.parts.contains(study::ReportPart::angles));
    for (const auto part : study::allReportParts())
      dialog->findChild<QCheckBox*>(QString::fromStdString(toText(part)))->setChecked(false);
    QVERIFY(!saveButton(*dialog)->isEnabled());
    delete dialog;
  }

  void anHtmlFileIsWrittenInAThreadAndTold() {
    auto* dialog = new ReportDialog(folders_, {});
    QSignalSpy saved(dialog, &ReportDialog::saved);
    formatOf(*dialog)->setCurrentIndex(0);
    dialog->save(file("report.html"));
    QVERIFY(!saveButton(*dialog)->isEnabled());
    QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 1, 20000);
    QFile written(file("report.html"));
    QVERIFY(written.open(QIODevice::ReadOnly));
    const auto html = QString::fromUtf8(written.readAll());
    QVERIFY(html.contains("<h2>Comparison</h2>") && html.contains("--baseline optimizer.lr=0.1"));
  }

  void whatCannotBeWrittenIsSaidAndTheDialogStays() {
    ReportDialog* dialog = new ReportDialog(folders_, {});
    dialog->show();
    QSignalSpy saved(dialog, &ReportDialog::saved);
    dialog->save(file("no/such/folder/report.html"));
    QTRY_VERIFY_WITH_TIMEOUT(saveButton(*dialog)->isEnabled(), 20000);
    QCOMPARE(saved.count(), 0);
    const auto labels = dialog->findChildren<QLabel*>();
    QVERIFY(std::any_of(labels.begin(), labels.end(), [](const auto* label) {
      return label->text().contains("no/such/folder");
    }));
    delete dialog;
  }

  void closingLeavesTheReportToBeWritten() {
    QPointer<ReportDialog> dialog = new ReportDialog(folders_, {});
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->show();
    QSignalSpy saved(dialog, &ReportDialog::saved);
    dialog->save(file("closed.html"));
    dialog->close();
    QVERIFY(dialog && !dialog->isVisible());
    QTRY_COMPARE_WITH_TIMEOUT(saved.count(), 1, 20000);
    QVERIFY(QFileInfo(file("closed.html")).size() > 0);
    QTRY_VERIFY(!dialog);
  }

  void aClosedDialogComesBackWhereTheReportCannotBeWritten() {
    ReportDialog dialog(folders_, {});
    dialog.show();
    dialog.save(file("no/such/folder/report.html"));
    dialog.reject();
    QVERIFY(!dialog.isVisible());
    QTRY_VERIFY_WITH_TIMEOUT(dialog.isVisible(), 20000);
    QVERIFY(saveButton(dialog)->isEnabled());
  }

  void aPdfHasPagesAndItsTitle() {
    const auto report = study::reportOfRuns(ReportDialog(folders_, {}).request());
    const auto bytes = QByteArray::fromStdString(reportAsPdf(report));
    QVERIFY(bytes.startsWith("%PDF-"));
    const auto at = bytes.indexOf("/MediaBox [");
    QVERIFY(at > 0);
    const auto box = bytes.mid(at + 11, bytes.indexOf(']', at) - at - 11).simplified().split(' ');
    QVERIFY(std::abs(box[2].toDouble() - 297 / 25.4 * 72) < 1);
    QVERIFY(std::abs(box[3].toDouble() - 210 / 25.4 * 72) < 1);
    QVERIFY(bytes.count("/MediaBox [") >= 2);
  }

  void theDocumentHasEveryTableAndFigureOfTheReport() {
    const auto report = study::reportOfRuns(ReportDialog(folders_, {}).request());
    std::size_t tables = 0, figures = 0;
    for (const auto& section : report.sections)
      for (const auto& block : section.blocks) {
        if (const auto* some = std::get_if<study::ReportFigures>(&block)) {
          figures += some->figures.size();
          ++tables;  // they stand in one
        }
        tables += std::holds_alternative<TextTable>(block);
      }
    const ReportDocument document(report);
    std::size_t found = 0;
    for (auto* frame : document.rootFrame()->childFrames())
      found += qobject_cast<QTextTable*>(frame) != nullptr;
    QCOMPARE(found, tables);
    QCOMPARE(
        static_cast<std::size_t>(document.toRawText().count(QChar::ObjectReplacementCharacter)),
        figures);
    QVERIFY(figures > 4);
  }

  void picturesAreDrawnByQtAsTheyAre() {
    const auto report = study::reportOfRuns(ReportDialog(folders_, {}).request());
    for (const auto& section : report.sections)
      for (const auto& block : section.blocks)
        if (const auto* some = std::get_if<study::ReportFigures>(&block))
          for (const auto& figure : some->figures)
            QVERIFY(QSvgRenderer(QByteArray::fromStdString(figure.svg)).isValid());
  }

  void coloursOfReportsAreTheFirstSetOfTheWindow() {
    const auto& set = curveColourSets().front();
    for (int i = 0; i < study::kChartColours; ++i) {
      const auto index = static_cast<std::size_t>(i);
      QCOMPARE(QString::fromStdString(study::chartColour(i, false)),
               QColor(set.onLight[index]).name());
      QCOMPARE(QString::fromStdString(study::chartColour(i, true)),
               QColor(set.onDark[index]).name());
    }
  }

  /// For eyes: EQUIPOISE_SHOTS=folder.
  void screenshots() {
    const QString folder = qEnvironmentVariable("EQUIPOISE_SHOTS");
    if (folder.isEmpty()) QSKIP("EQUIPOISE_SHOTS names no folder");
    for (const Theme theme : {Theme::light, Theme::dark}) {
      applyTheme(*qApp, theme);
      ReportDialog dialog(folders_, folders_[3]);
      dialog.setAttribute(Qt::WA_DeleteOnClose, false);
      dialog.show();
      QVERIFY(dialog.grab().save(
          folder + (theme == Theme::dark ? "/report-dark.png" : "/report-light.png")));
    }
    applyTheme(*qApp, Theme::light);
  }

 private:
  std::filesystem::path place() const { return folder_.path().toStdString(); }
  QString file(const QString& name) const { return folder_.filePath(name); }
  static std::vector<std::string> baselineOf(const ReportDialog& dialog) {
    return dialog.request().comparison.baseline;
  }
  static QPushButton* saveButton(const ReportDialog& dialog) {
    for (auto* button : dialog.findChildren<QPushButton*>())
      if (button->isDefault()) return button;
    return nullptr;
  }
  static QComboBox* formatOf(const ReportDialog& dialog) {
    return dialog.findChildren<QComboBox*>().first();
  }

  QTemporaryDir folder_;
  std::vector<std::filesystem::path> folders_;
};

EQUIPOISE_TEST(TestReportDialog)
#include "tst_report_dialog.moc"
