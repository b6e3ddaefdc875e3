#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLineEdit>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>

#include "core/balance/catalog.h"
#include "core/loss/catalog.h"
#include "core/train/optimizer_catalog.h"
#include "tests/registry.h"
#include "widgets/method_editor.h"
#include "widgets/parameter_form.h"
#include "widgets/style/number_boxes.h"

using eq::ParameterSpec;
using namespace eq::widgets;
using nlohmann::json;

namespace {

std::vector<ParameterSpec> specs() {
  return {ParameterSpec::number("gamma", 2, "Focus").from(0).to(10),
          ParameterSpec::integer("steps", 5, "Steps").from(1).in("steps"),
          ParameterSpec::boolean("half", false, "Half"),
          ParameterSpec::choice("form", "plain", {"plain", "fancy"}, "Form"),
          ParameterSpec::numberList("weights", json::array(), "Weights").from(0),
          ParameterSpec::numberList("preference", nullptr, "Preference").orNull()};
}

void type(QWidget* editor, const QString& text) {
  auto* line = qobject_cast<QLineEdit*>(editor);
  if (!line) line = editor->findChild<QLineEdit*>();
  line->selectAll();
  QTest::keyClicks(line, text);
  QTest::keyClick(line, Qt::Key_Return);
}

}  // namespace

class TestParameterForm : public QObject {
  Q_OBJECT

 private slots:
  void startsWithDefaultsAndReportsOnlyChanges() {
    ParameterForm form(specs());
    QVERIFY(form.values() == json::object());
    form.setValues({{"gamma", 3}, {"weights", {1, 2.5}}});
    QVERIFY(form.values() == json({{"gamma", 3}, {"weights", {1, 2.5}}}));
    form.setValues(json::object());
    QVERIFY(form.values() == json::object());
  }

  void editsNumbers() {
    ParameterForm form(specs());
    QSignalSpy edited(&form, &ParameterForm::edited);
    auto* box = form.field("gamma")->findChild<NumberBox*>();
    type(box, "2.5e-3");
    QCOMPARE(form.field("gamma")->value().get<double>(), 2.5e-3);
    QCOMPARE(edited.size(), 1);
    type(box, "99");  // out of range: the box does not take it
    QVERIFY(form.field("gamma")->value().get<double>() <= 10);
    auto* steps = form.field("steps")->findChild<NumberBox*>();
    type(steps, "12");
    QVERIFY(form.field("steps")->value() == json(12));
    QVERIFY(form.field("steps")->value().is_number_integer());
  }

  void largeSeedsAreShownAsTheyAre() {
    ParameterForm form({ParameterSpec::integer("seed", 1, "Seed").from(0)});
    form.setValues({{"seed", 6000000000}});
    auto* box = form.field("seed")->findChild<NumberBox*>();
    QCOMPARE(box->text(), QString("6000000000"));
    type(box, "6000000001");
    QVERIFY(form.values() == json({{"seed", 6000000001}}));
  }

  void smallNumbersKeepTheirDigits() {
    NumberBox box;
    box.setRange(0, 1);
    for (const double value : {1e-8, 3e-4, 0.123456789, 1.0}) {
      box.setValue(value);
      QCOMPARE(box.value(), value);
      QCOMPARE(box.text().toDouble(), value);
    }
  }

  void editsListsAndNamesWhatIsWrong() {
    ParameterForm form(specs());
    QSignalSpy edited(&form, &ParameterForm::edited);
    auto* field = form.field("weights");
    type(field->findChild<QLineEdit*>(), "1, 2.5");
    QVERIFY(field->value() == json({1, 2.5}));
    QCOMPARE(edited.size(), 1);
    type(field->findChild<QLineEdit*>(), "1, -2");
    QVERIFY(!field->valid());
    QCOMPARE(field->problem(), QString("weights[1]: -2 is below 0"));
    QVERIFY(field->value() == json({1, 2.5}));
    QCOMPARE(edited.size(), 1);
    type(field->findChild<QLineEdit*>(), "3");
    QVERIFY(field->valid());
  }

  void emptyMeansNullWhereThatIsAValue() {
    ParameterForm form(specs());
    form.setValues({{"preference", {1, 2}}});
    auto* line = form.field("preference")->findChild<QLineEdit*>();
    QCOMPARE(line->text(), QString("1, 2"));
    line->clear();
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(form.field("preference")->value().is_null());
  }

  void everyMethodOfTheCatalogsGetsAForm() {
    std::vector<const eq::Descriptor*> all;
    for (const auto& list :
         {eq::loss::catalog().descriptors(), eq::balance::weightings().descriptors(),
          eq::balance::gradientMethods().descriptors(), eq::train::optimizers().descriptors()})
      all.insert(all.end(), list.begin(), list.end());
    for (const auto* descriptor : all) {
      MethodEditor editor("Method", {descriptor});
      editor.setMethod({descriptor->id});
      QCOMPARE(editor.method().id, descriptor->id);
      if (!editor.form()) continue;
      QCOMPARE(editor.form()->fields().size(), descriptor->parameters.size());
      for (const auto* field : editor.form()->fields()) QVERIFY(field->valid());
    }
  }

  void valuesSpelledOutStaySo() {
    // Regression: a parameter given at its default vanished from the result, so that every edit
    // seemed to change its method too.
    const json given{{"gamma", 2}, {"steps", 5}, {"preference", nullptr}};
    ParameterForm form(specs());
    form.setValues(given);
    QVERIFY(form.values() == given);
    type(form.field("gamma")->findChild<NumberBox*>(), "3");
    QVERIFY(form.values() == json({{"gamma", 3}, {"steps", 5}, {"preference", nullptr}}));
  }

  void methodsOutsideTheChoicesAreKept() {
    MethodEditor editor("Loss", {&eq::loss::catalog().descriptor("mse", "id")});
    editor.setMethod({"focal", {{"gamma", 3}}});
    QVERIFY(editor.method() == (eq::train::MethodSpec{"focal", {{"gamma", 3}}}));
    QCOMPARE(editor.findChild<QComboBox*>()->placeholderText(), QString("focal"));
  }

  void theWheelChangesNoChoice() {
    // Regression: scrolling the form over a combo box swapped the method under the mouse.
    MethodEditor editor("Loss", eq::loss::catalog().descriptors());
    auto* combo = editor.findChild<QComboBox*>();
    const auto before = editor.method();
    QWheelEvent down({4, 4}, combo->mapToGlobal(QPointF(4, 4)), {}, {0, -120}, Qt::NoButton,
                     Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(combo, &down);
    QVERIFY(editor.method() == before);
    QVERIFY(!down.isAccepted());  // the form scrolls
  }

  void choosingAMethodForgetsTheParametersOfTheFormer() {
    MethodEditor editor("Loss", eq::loss::catalog().descriptors());
    editor.setMethod({"focal", {{"gamma", 3}}});
    QVERIFY(editor.method().params == json({{"gamma", 3}}));
    QSignalSpy edited(&editor, &MethodEditor::edited);
    auto* combo = editor.findChild<QComboBox*>();
    combo->setCurrentIndex(combo->findData("squentropy"));
    emit combo->activated(combo->currentIndex());
    QCOMPARE(editor.method().id, std::string("squentropy"));
    QVERIFY(editor.method().params == json::object());
    QCOMPARE(edited.size(), 1);
  }
};

EQUIPOISE_TEST(TestParameterForm)
#include "tst_parameter_form.moc"
