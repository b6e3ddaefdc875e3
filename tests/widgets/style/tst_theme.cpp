#include "widgets/style/theme.h"

#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>
#include <QVBoxLayout>

#include "tests/registry.h"

using namespace eq::widgets;

namespace {

constexpr double kForText = 4.5, kForParts = 3;  // WCAG 2.1: 1.4.3, 1.4.11

/// The colours of a row of pixels from the window to 6 pixels inside the field, at half its height.
std::vector<QColor> acrossTheLeftEdge(const QImage& picture, const QWidget& field) {
  std::vector<QColor> colours;
  const auto place = field.geometry();
  const double scale = picture.devicePixelRatio();
  for (int x = place.left() - 4; x < place.left() + 6; ++x)
    colours.push_back(picture.pixelColor(static_cast<int>(x * scale),
                                         static_cast<int>(place.center().y() * scale)));
  return colours;
}

double highestContrast(const std::vector<QColor>& colours, const QColor& to) {
  double highest = 1;
  for (const auto& colour : colours) highest = std::max(highest, contrastOf(colour, to));
  return highest;
}

}  // namespace

class TestTheme : public QObject {
  Q_OBJECT

  static void themes() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light") << false;
    QTest::newRow("dark") << true;
  }

  static void apply(bool dark) { applyTheme(*qApp, dark ? Theme::dark : Theme::light); }

 private Q_SLOTS:
  void cleanup() { apply(false); }

  void contrastIsThatOfTheStandard() {
    QCOMPARE(contrastOf(Qt::black, Qt::white), 21.0);
    QCOMPARE(contrastOf(Qt::red, Qt::red), 1.0);
    QVERIFY(std::abs(contrastOf(QColor(0x777777), Qt::white) - 4.478) < 0.001);
  }

  void textCanBeRead_data() { themes(); }
  void textCanBeRead() {
    QFETCH(bool, dark);
    apply(dark);
    const auto palette = QApplication::palette();
    using Role = QPalette::ColorRole;
    const std::vector<std::pair<Role, Role>> pairs{{QPalette::WindowText, QPalette::Window},
                                                   {QPalette::Text, QPalette::Base},
                                                   {QPalette::Text, QPalette::AlternateBase},
                                                   {QPalette::ButtonText, QPalette::Button},
                                                   {QPalette::ToolTipText, QPalette::ToolTipBase},
                                                   {QPalette::PlaceholderText, QPalette::Base},
                                                   {QPalette::PlaceholderText, QPalette::Window},
                                                   {QPalette::HighlightedText, QPalette::Highlight},
                                                   {QPalette::Link, QPalette::Base},
                                                   {QPalette::Link, QPalette::Window}};
    for (const auto& [text, ground] : pairs) {
      const double contrast = contrastOf(palette.color(text), palette.color(ground));
      QVERIFY2(contrast >= kForText,
               qPrintable(QString("roles %1 on %2: %3").arg(text).arg(ground).arg(contrast)));
    }
  }

  void edgesAndTheRingOfFocusCanBeSeen_data() { themes(); }
  void edgesAndTheRingOfFocusCanBeSeen() {
    QFETCH(bool, dark);
    apply(dark);
    const auto theme = dark ? Theme::dark : Theme::light;
    const auto palette = QApplication::palette();
    for (const auto ground : {QPalette::Window, QPalette::Base, QPalette::Button}) {
      QVERIFY(contrastOf(edgeColour(theme), palette.color(ground)) >= kForParts);
      QVERIFY(contrastOf(palette.color(QPalette::Highlight), palette.color(ground)) >= kForParts);
    }
  }

  /// As drawn: the edges of fields of a dark window could not be seen.
  void fieldsAreDrawnWithTheirEdges_data() { themes(); }
  void fieldsAreDrawnWithTheirEdges() {
    QFETCH(bool, dark);
    apply(dark);
    QWidget window;
    QVBoxLayout layout(&window);
    layout.setContentsMargins(20, 20, 20, 20);
    QLineEdit line;
    QComboBox box;
    QSpinBox number;
    QPushButton button("Go");
    for (QWidget* field : std::initializer_list<QWidget*>{&line, &box, &number, &button})
      layout.addWidget(field);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.setFocusPolicy(Qt::StrongFocus);
    window.setFocus();
    const auto ground = QApplication::palette().color(QPalette::Window);
    const auto picture = window.grab().toImage();
    for (const auto* field : std::initializer_list<QWidget*>{&line, &box, &number, &button}) {
      const double contrast = highestContrast(acrossTheLeftEdge(picture, *field), ground);
      QVERIFY2(contrast >= kForParts, field->metaObject()->className());
    }
  }

  /// The ring was the look of a default button.
  void theKeyboardIsWhereTheRingIs() {
    apply(false);
    QWidget window;
    QVBoxLayout layout(&window);
    QPushButton first("First"), usual("Usual");
    usual.setDefault(true);
    layout.addWidget(&first);
    layout.addWidget(&usual);
    window.show();
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    first.setFocus(Qt::TabFocusReason);
    QTRY_VERIFY(first.hasFocus());
    const auto ring = QApplication::palette().color(QPalette::Highlight);
    const auto picture = window.grab().toImage();
    const auto hasRing = [&](const QWidget& button) {
      const auto colours = acrossTheLeftEdge(picture, button);
      return std::any_of(colours.begin(), colours.end(), [&](const QColor& colour) {
        return contrastOf(colour, ring) < 1.15 && colour.blue() > colour.red() + 60;
      });
    };
    QVERIFY(hasRing(first));
    QVERIFY(!hasRing(usual));
  }
};

EQUIPOISE_TEST(TestTheme)
#include "tst_theme.moc"
