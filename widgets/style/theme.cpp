#include "widgets/style/theme.h"

#include <algorithm>
#include <array>
#include <cmath>

#include <QApplication>
#include <QPainter>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QStyleOption>
#include <QWidget>

#include "widgets/style/curve_colours.h"
#include "widgets/style/field_problem.h"

namespace eq::widgets {
namespace {

QPalette lightPalette() {
  QPalette palette(QColor(0xf3f4f6));
  const QColor text(0x1f2328);
  for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    palette.setColor(role, text);
  palette.setColor(QPalette::Base, Qt::white);
  palette.setColor(QPalette::AlternateBase, QColor(0xf6f7f9));
  palette.setColor(QPalette::ToolTipBase, QColor(0xffffff));
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::PlaceholderText, QColor(0x656d76));
  palette.setColor(QPalette::Highlight, QColor(0x0072b2));
  palette.setColor(QPalette::HighlightedText, Qt::white);
  palette.setColor(QPalette::Link, QColor(0x005f96));
  return palette;
}

QPalette darkPalette() {
  QPalette palette(QColor(0x2b2d31), QColor(0x232529));
  const QColor text(0xe6e8eb);
  for (auto role :
       {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::BrightText})
    palette.setColor(role, text);
  palette.setColor(QPalette::Base, QColor(0x1b1d20));
  palette.setColor(QPalette::AlternateBase, QColor(0x202226));
  palette.setColor(QPalette::ToolTipBase, QColor(0x34373c));
  palette.setColor(QPalette::ToolTipText, text);
  palette.setColor(QPalette::PlaceholderText, QColor(0x9199a3));
  palette.setColor(QPalette::Highlight, QColor(0x2c7cb4));
  palette.setColor(QPalette::HighlightedText, Qt::white);
  palette.setColor(QPalette::Link, QColor(0x6fb9ec));
  return palette;
}

void greyDisabled(QPalette& palette, QColor grey) {
  for (auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    palette.setColor(QPalette::Disabled, role, grey);
}

QColor mixed(QColor from, QColor to, double share) {
  const auto channel = [share](int a, int b) {
    return static_cast<int>(std::lround(a + share * (b - a)));
  };
  return {channel(from.red(), to.red()), channel(from.green(), to.green()),
          channel(from.blue(), to.blue())};
}

}  // namespace

namespace {

/// Fusion, with edges of fields, boxes and buttons that can be seen in both themes, a ring around
/// what has the keyboard that is not the look of a default button, and one in the colour of alarms
/// around fields whose text does not count (markProblem).
class FormStyle : public QProxyStyle {
 public:
  FormStyle() : QProxyStyle(QStyleFactory::create("Fusion")) {}

  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override {
    if (element == PE_FrameFocusRect) return ring(*option, *painter);
    QProxyStyle::drawPrimitive(element, option, painter, widget);
    if (element == PE_IndicatorCheckBox || element == PE_FrameGroupBox)
      edge(*option, *painter);
    else if (element == PE_PanelLineEdit && isFramed(*option))
      finish(*option, *painter, widget);
  }

  void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                   const QWidget* widget) const override {
    QProxyStyle::drawControl(element, option, painter, widget);
    if (element == CE_PushButtonBevel) finish(*option, *painter, widget);
  }

  void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option,
                          QPainter* painter, const QWidget* widget) const override {
    QProxyStyle::drawComplexControl(control, option, painter, widget);
    if (control == CC_SpinBox || control == CC_ComboBox) finish(*option, *painter, widget);
  }

 private:
  /// Not the line edit inside a box, which has the box's.
  static bool isFramed(const QStyleOption& option) {
    const auto* panel = qstyleoption_cast<const QStyleOptionFrame*>(&option);
    return panel && panel->lineWidth > 0;
  }

  static void finish(const QStyleOption& option, QPainter& painter, const QWidget* field) {
    if (field && isMarked(*field))
      frame(option, painter, plotColours(themeOf(option.palette)).alarm, 2);
    else if ((option.state & State_HasFocus) && (option.state & State_Enabled))
      ring(option, painter);
    else
      edge(option, painter);
  }

  static void ring(const QStyleOption& option, QPainter& painter) {
    frame(option, painter, option.palette.color(QPalette::Active, QPalette::Highlight), 2);
  }

  static void edge(const QStyleOption& option, QPainter& painter) {
    const bool enabled = option.state & State_Enabled;
    frame(option, painter,
          enabled ? edgeColour(themeOf(option.palette)) : option.palette.color(QPalette::Mid), 1);
  }

  static void frame(const QStyleOption& option, QPainter& painter, const QColor& colour,
                    double width) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, width));
    painter.setBrush(Qt::NoBrush);
    const double half = width / 2;
    painter.drawRoundedRect(QRectF(option.rect).adjusted(half, half, -half, -half), 2, 2);
    painter.restore();
  }
};

}  // namespace

Theme systemTheme() {
  static const Theme kTheme = themeOf(QApplication::palette());
  return kTheme;
}

void applyTheme(QApplication& application, Theme theme) {
  systemTheme();
  QPalette palette = theme == Theme::dark ? darkPalette() : lightPalette();
  greyDisabled(palette, QColor(theme == Theme::dark ? 0x7a828c : 0x8c959f));
  application.setStyle(new FormStyle);
  application.setPalette(palette);
}

Theme themeOf(const QPalette& palette) {
  const bool dark =
      palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
  return dark ? Theme::dark : Theme::light;
}

Theme themeOf(const QWidget& widget) {
  return themeOf(widget.palette());
}

const PlotColours& plotColours(Theme theme) {
  static const PlotColours kLight{QColor(0xffffff), QColor(0x1f2328), QColor(0x57606a),
                                  QColor(0xe3e6ea), QColor(0x57606a), QColor(0x8c959f),
                                  QColor(0xc4122f)};
  static const PlotColours kDark{QColor(0x1b1d20), QColor(0xe6e8eb), QColor(0xaab2bb),
                                 QColor(0x34383e), QColor(0xc3cad2), QColor(0x7a828c),
                                 QColor(0xff6b7d)};
  return theme == Theme::dark ? kDark : kLight;
}

QColor edgeColour(Theme theme) {
  return QColor(theme == Theme::dark ? 0x727b87 : 0x7d8790);
}

double contrastOf(const QColor& one, const QColor& other) {
  const auto luminance = [](const QColor& colour) {
    const auto linear = [](double c) {
      return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
           0.0722 * linear(colour.blueF());
  };
  const auto [dark, light] = std::minmax({luminance(one), luminance(other)});
  return (light + 0.05) / (dark + 0.05);
}

QColor taskColour(Theme theme, int task) {
  const auto& colours = theme == Theme::dark ? curveColours().onDark : curveColours().onLight;
  return QColor(colours[static_cast<std::size_t>(task) % colours.size()]);
}

Qt::PenStyle taskLineStyle(int task) {
  static constexpr std::array kStyles{Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine,
                                      Qt::DashDotDotLine};
  return kStyles[static_cast<std::size_t>(task) % kStyles.size()];
}

QPen taskPen(Theme theme, int task, double width) {
  return {taskColour(theme, task), width, taskLineStyle(task)};
}

QColor cosineColour(Theme theme, double cosine) {
  if (std::isnan(cosine)) return Qt::transparent;
  const bool dark = theme == Theme::dark;
  const QColor middle(dark ? 0x3a3e44 : 0xf2f3f5);
  const QColor end =
      cosine < 0 ? QColor(dark ? 0xff8a3d : 0xc24e00) : QColor(dark ? 0x4aa8e8 : 0x0067a3);
  return mixed(middle, end, std::min(std::abs(cosine), 1.0));
}

QColor heatColour(Theme theme, double amount) {
  static constexpr std::array<QRgb, 5> kLight{0xfff4f6f8, 0xffc3dcec, 0xff74b2d8, 0xff2277b2,
                                              0xff08386b};
  static constexpr std::array<QRgb, 5> kDark{0xff24272b, 0xff1d4560, 0xff2a719f, 0xff4aa8e8,
                                             0xffcfeaff};
  if (std::isnan(amount)) return Qt::transparent;
  const auto& stops = theme == Theme::dark ? kDark : kLight;
  const double place = std::clamp(amount, 0.0, 1.0) * (stops.size() - 1);
  const auto lower = std::min(static_cast<std::size_t>(place), stops.size() - 2);
  return mixed(QColor(stops[lower]), QColor(stops[lower + 1]), place - static_cast<double>(lower));
}

}  // namespace eq::widgets
