#include <QApplication>
#include <QClipboard>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QLocale>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>

#include "tests/registry.h"
#include "widgets/parameter_form.h"
#include "widgets/plots/export_dialog.h"
#include "widgets/style/field_problem.h"
#include "widgets/style/number_boxes.h"
#include "widgets/style/plain_text.h"
#include "widgets/style/theme.h"

using eq::ParameterSpec;
using namespace eq::widgets;
using nlohmann::json;

namespace {

const QStringList kLocales{"C", "en_US", "de_DE", "fr_FR", "de_CH", "ar_EG", "hi_IN"};

void typeInto(QLineEdit* line, const QString& text) {
  line->selectAll();
  for (const QChar c : text)  // QTest::keyClicks knows Latin 1 only
    QTest::sendKeyEvent(QTest::Click, line, Qt::Key_unknown, QString(c), Qt::NoModifier);
}

void pasteInto(QLineEdit* line, const QString& text) {
  QGuiApplication::clipboard()->setText(text);
  line->selectAll();
  line->paste();
}

QLineEdit* lineOf(QWidget& box) {
  return box.findChild<QLineEdit*>();
}

/// A box that holds 0.001 and can be anything from 0 to 1e9.
struct Box : NumberBox {
  Box() {
    setRange(0, 1e9);
    setValue(0.001);
    setToolTip("Step size");
    setAccessibleDescription("Step size");
  }
};

void addNumbers() {
  QTest::addColumn<QString>("text");
  QTest::addColumn<double>("value");
  const auto row = [](const char* text, double value) { QTest::newRow(text) << text << value; };
  row("0.01", 0.01);
  row("0,01", 0.01);
  row("0,5", 0.5);
  row(",5", 0.5);
  row("1,5e-3", 0.0015);
  row("1E+3", 1000);
  row("+2.5", 2.5);
  row("1,234.5", 1234.5);
  row("1.234,5", 1234.5);
  row("1,234,567", 1234567);
  row("1.234.567", 1234567);
  row("12,34,567.5", 1234567.5);
  row("1 234,567", 1234.567);
  row("1\u00A0234.5", 1234.5);
  row("1\u202F234\u202F567,25", 1234567.25);
  row("1\u2009234", 1234);
  row("1'234.5", 1234.5);
  row("1’234’567", 1234567);
  row("0,001", 0.001);
  row("1234,567", 1234.567);
  row("1.234", 1.234);  // a dot alone is the decimal mark, as the field shows it
  row("٠٫٥", 0.5);
  row("١٬٢٣٤٫٥", 1234.5);
  row("۱۲۳", 123);
  row("१२.५", 12.5);
  row("１．５", 1.5);
  row("  7  ", 7);
  row("\u200E7\u200F", 7);
}

}  // namespace

class TestNumberBoxes : public QObject {
  Q_OBJECT

 private slots:
  void cleanup() { QLocale::setDefault(QLocale::c()); }

  void readsWhatPeopleTypeAnywhere_data() { addNumbers(); }
  void readsWhatPeopleTypeAnywhere() {
    QFETCH(QString, text);
    QFETCH(double, value);
    for (const auto& locale : kLocales) {
      QLocale::setDefault(QLocale(locale));
      Box typed, pasted;
      typeInto(lineOf(typed), text);
      QCOMPARE(typed.value(), 0.001);  // nothing half typed
      QTest::keyClick(lineOf(typed), Qt::Key_Return);
      QCOMPARE(typed.value(), value);
      pasteInto(lineOf(pasted), text);
      QTest::keyClick(lineOf(pasted), Qt::Key_Return);
      QCOMPARE(pasted.value(), value);
      QCOMPARE(pasted.text(), shortText(value));
    }
  }

  void minusSignsOfAllKindsAreRead() {
    for (const char* text : {"-2,5", "−2.5", "–2.5", "－2.5", "- 2.5"})
      QCOMPARE(readNumber(text).value.value_or(0), -2.5);
  }

  void refusesInPlaceAndSaysWhy_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("problem");
    const auto row = [](const char* text, const char* problem) {
      QTest::newRow(text) << text << problem;
    };
    row("1,234", "“1,234” can be 1.234 or 1234; write it with one mark less");
    row("12,345e2", "“12,345e2” can be 12.345e2 or 12345e2; write it with one mark less");
    for (const char* text : {"1,2,3", "1.2.3", "1,23,4.5", "1 2", "0x10", "nan", "inf", "1e", "e3",
                             "--1", ".", ",", "1_000", "5 %", "1'234 567", "abc"})
      row(text, "is not a number");
    row("", "A number is missing here");
    row("-1", "-1 is below 0");
    row("2e9", "2000000000 is above 1000000000");
    row("1e999", "is beyond the numbers that can be kept");
    row("1e-999", "is beyond the numbers that can be kept");
  }
  void refusesInPlaceAndSaysWhy() {
    QFETCH(QString, text);
    QFETCH(QString, problem);
    for (const auto& locale : kLocales) {
      QLocale::setDefault(QLocale(locale));
      Box box;
      QSignalSpy changed(&box, &NumberBox::valueChanged);
      pasteInto(lineOf(box), text);
      QTest::keyClick(lineOf(box), Qt::Key_Return);
      QVERIFY2(box.problem().contains(problem), qPrintable(box.problem()));
      QCOMPARE(box.text(), text);  // as it was typed
      QCOMPARE(box.value(), 0.001);
      QCOMPARE(changed.size(), 0);
      QVERIFY(isMarked(box));
      QVERIFY(box.toolTip().contains("Step size"));
      QVERIFY(box.accessibleDescription().startsWith(box.problem()));
    }
  }

  void aMendedTextIsNoLongerMarked() {
    Box box;
    typeInto(lineOf(box), "1,234");
    QTest::keyClick(lineOf(box), Qt::Key_Return);
    typeInto(lineOf(box), "1234");
    QTest::keyClick(lineOf(box), Qt::Key_Return);
    QCOMPARE(box.value(), 1234.0);
    QVERIFY(!isMarked(box));
    QCOMPARE(box.toolTip(), QString("Step size"));
    QCOMPARE(box.accessibleDescription(), QString("Step size"));
  }

  void escapeBringsTheValueBack() {
    Box box;
    typeInto(lineOf(box), "abc");
    QTest::keyClick(lineOf(box), Qt::Key_Return);
    QVERIFY(isMarked(box));
    QTest::keyClick(lineOf(box), Qt::Key_Escape);
    QCOMPARE(box.text(), QString("0.001"));
    QVERIFY(!isMarked(box));
  }

  void leavingTheBoxTakesTheText() {
    QWidget window;
    auto* layout = new QVBoxLayout(&window);
    auto* first = new Box;
    auto* second = new Box;
    layout->addWidget(first);
    layout->addWidget(second);
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    first->setFocus();
    typeInto(lineOf(*first), "0,5");
    QTest::keyClick(first, Qt::Key_Tab);
    QVERIFY(second->hasFocus());
    QCOMPARE(first->value(), 0.5);
  }

  void arrowsStepInTheValuesOwnOrderAndStayInRange() {
    Box box;
    box.stepBy(1);
    QCOMPARE(box.text(), QString("0.0011"));
    box.setValue(100);
    box.stepBy(-1);
    QCOMPARE(box.text(), QString("99"));
    box.setValue(1e9);
    box.stepBy(3);
    QCOMPARE(box.value(), 1e9);
    IntegerBox whole;
    whole.stepBy(3);
    QCOMPARE(whole.value(), 3.0);
  }

  void tinyNumbersAreKept() {
    // Regression: a box of 17 decimals made 0 of 1e-20.
    Box box;
    typeInto(lineOf(box), "1e-20");
    QTest::keyClick(lineOf(box), Qt::Key_Return);
    QCOMPARE(box.value(), 1e-20);
    QCOMPARE(box.text(), QString("1e-20"));
  }

  void wholeNumbersAreWhole() {
    QCOMPARE(readInteger("1e3").value.value_or(-1), 1000.0);
    QCOMPARE(readInteger("16.0").value.value_or(-1), 16.0);
    QCOMPARE(readInteger("1 000").value.value_or(-1), 1000.0);
    QCOMPARE(readInteger("9007199254740991").value.value_or(-1), 9007199254740991.0);
    for (const char* text : {"1,000", "1.000", "12.345"}) QVERIFY(readInteger(text).ambiguous);
    QCOMPARE(readInteger("2,5").problem, QString("“2,5” is not a whole number"));
    QVERIFY(readInteger("9007199254740993").problem.contains("beyond the whole numbers"));
  }

  void listsAreReadAndTheirCommasToldApart_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QVector<double>>("values");
    const auto row = [](const char* text, QVector<double> values) {
      QTest::newRow(text) << text << values;
    };
    row("1, 2.5", {1, 2.5});
    row("0,5; 1,5", {0.5, 1.5});
    row("0.5,0.25", {0.5, 0.25});
    row("1,2,3", {1, 2, 3});
    row("[1,2]", {1, 2});
    row("1, 2,", {1, 2});
    row("-1.5, +2e3", {-1.5, 2000});
    row("١؛ ٢", {1, 2});
    row("", {});
  }
  void listsAreReadAndTheirCommasToldApart() {
    QFETCH(QString, text);
    QFETCH(QVector<double>, values);
    const auto list = readNumbers(text);
    QVERIFY2(list.problem.isEmpty(), qPrintable(list.problem));
    QCOMPARE(QVector<double>(list.values.begin(), list.values.end()), values);
  }

  void listsThatCanBeOneNumberAreRefused() {
    for (const char* text : {"1,2", "0,5", "1,234", "1.234,5", "0,5, 1,5", "1,234,567"})
      QVERIFY2(readNumbers(text).problem.contains("can be a list or one number"), text);
    QVERIFY(readIntegers("64,128").problem.contains("can be a list or one number"));
    QCOMPARE(readIntegers("64, 128").values, (std::vector<double>{64, 128}));
    QCOMPARE(readIntegers("8,16").values, (std::vector<double>{8, 16}));
    QVERIFY(readNumbers("1,,2").problem.contains("missing"));
    QVERIFY(readNumbers("1; x").problem.contains("“x” is not a number"));
  }

  void everyKindOfParameterRefusesInPlace() {
    ParameterForm form({ParameterSpec::number("lr", 0.001, "Step").from(0),
                        ParameterSpec::integer("batch", 8, "Batch").from(1),
                        ParameterSpec::numberList("weights", {1, 2}, "Weights"),
                        ParameterSpec::integerList("hidden", {8, 16}, "Hidden"),
                        ParameterSpec::numberOrList("temperature", 2, "Temperature"),
                        ParameterSpec::number("margin", 0, "Margin").orNull()});
    QSignalSpy edited(&form, &ParameterForm::edited);
    for (auto* field : form.fields()) {
      const json before = field->value();
      auto* line = field->findChild<QLineEdit*>();
      pasteInto(line, "1,234");
      QTest::keyClick(line, Qt::Key_Return);
      QVERIFY2(!field->valid(), field->spec().name.c_str());
      QVERIFY(field->value() == before);
      QCOMPARE(line->text(), QString("1,234"));
      field->setValue(before);  // as after the edit of another field
      QCOMPARE(line->text(), QString("1,234"));
      QVERIFY(field->findChild<ProblemLabel*>()->isVisibleTo(field));
      field->forgetTyped();
      QVERIFY(field->valid());
    }
    QCOMPARE(edited.size(), 0);
  }

  void problemsHaveTheColourOfAlarms() {
    for (const auto theme : {Theme::dark, Theme::light}) {
      applyTheme(*qApp, theme);
      ProblemLabel label;
      label.setProblem("wrong");
      QCOMPARE(label.palette().color(QPalette::WindowText), plotColours(theme).alarm);
    }
    ProblemLabel label;
    label.show();
    applyTheme(*qApp, Theme::dark);
    QTRY_COMPARE(label.palette().color(QPalette::WindowText), plotColours(Theme::dark).alarm);
    applyTheme(*qApp, Theme::light);
  }

  void aMarkedFieldIsFramed() {
    applyTheme(*qApp, Theme::light);
    Box box;
    QLineEdit line;
    for (QWidget* field : {static_cast<QWidget*>(&box), static_cast<QWidget*>(&line)}) {
      field->resize(120, 30);
      const auto plain = field->grab().toImage();
      markProblem(*field, "wrong");
      const auto marked = field->grab().toImage();
      const QColor edge = marked.pixelColor(60, 1);
      QVERIFY(edge.red() > 150 && edge.green() < 120);
      QVERIFY(plain.pixelColor(60, 1) != edge);
    }
  }

  void theResolutionOfAFigureTakesNoHalfNumber() {
    ExportDialog dialog({});
    dialog.show();
    auto* dpi = dialog.findChild<IntegerBox*>();
    QVERIFY(dpi);
    const double before = dpi->value();
    dpi->setEnabled(true);
    pasteInto(lineOf(*dpi), "1,200");
    QTest::keyClick(lineOf(*dpi), Qt::Key_Return);
    QVERIFY(dpi->problem().contains("can be"));
    QCOMPARE(dialog.options().dpi, static_cast<int>(before));
    QVERIFY(dialog.isVisible());
    pasteInto(lineOf(*dpi), "150 dpi");
    QTest::keyClick(lineOf(*dpi), Qt::Key_Tab);
    emit dpi->editingFinished();
    QCOMPARE(dialog.options().dpi, 150);
  }

  void countsReadTheSameInEveryLocale() {
    for (const auto& locale : kLocales) {
      QLocale::setDefault(QLocale(locale));
      QCOMPARE(countText(1234567), QString("1\u202F234\u202F567"));
      QCOMPARE(readInteger(countText(1234567)).value.value_or(-1), 1234567.0);
      QCOMPARE(countText(-1000), QString("-1\u202F000"));
      QCOMPARE(countText(999), QString("999"));
    }
  }

  void namesAreOnePlainLine() {
    QCOMPARE(shownName(QString("a\nb\tc\x1b\u202Ed")), QString("a\\nb\\tc\\u001b\\u202ed"));
    QCOMPARE(shownName(QString("größe 学习 %_")), QString("größe 学习 %_"));
    QCOMPARE(plainToolTip("<b>bold</b> & more"),
             QString("<p style=\"white-space:pre-wrap\">&lt;b&gt;bold&lt;/b&gt; &amp; more</p>"));
    QCOMPARE(plainToolTip("a < b & c"), QString("a < b & c"));
    QCOMPARE(menuText("a & b"), QString("a && b"));
    QCOMPARE(shortName(QString(100, 'x') + "\n", 9), QString("xxxx…xx\\n"));
    QCOMPARE(shownText("a\x1b\nb"), QString("a\\u001b\nb"));
    QCOMPARE(titleText("a[*]"), QString("a[*][*]"));
    QVERIFY(plainToolTip(QString(100000, 'x')).size() <= 1000);
    QCOMPARE(texText("50% a_b $x$ {#1} ~^ \\ & a\nb"),
             std::string("50\\% a\\_b \\$x\\$ \\{\\#1\\} \\textasciitilde{}\\textasciicircum{} "
                         "\\textbackslash{} \\& a\\textbackslash{}nb"));
  }
};

EQUIPOISE_TEST(TestNumberBoxes)
#include "tst_number_boxes.moc"
