#include "widgets/style/curve_colours.h"

#include <algorithm>

#include <QApplication>
#include <QCoreApplication>
#include <QEvent>
#include <QWidget>

namespace eq::widgets {
namespace {

QString inCurveColours(const char* text) {
  return QCoreApplication::translate("CurveColours", text);
}

/// Those of the published sets are shifted until each has a contrast of 3:1.
std::vector<CurveColours> makeSets() {
  return {
      // Blue, vermillion, bluish green, reddish purple, orange, sky blue, (yellow) and grey.
      {"okabe_ito",
       inCurveColours("For all eyes (Okabe and Ito)"),
       {0xff0072b2, 0xffd55e00, 0xff00875f, 0xffb8578f, 0xffb87900, 0xff2b8fc4, 0xff8a8000,
        0xff4d4d4d},
       {0xff4aa8e8, 0xffff8a3d, 0xff1fc49a, 0xffe08fc0, 0xffe69f00, 0xff8ad0f5, 0xfff0e442,
        0xffc8c8c8}},
      {"tol_bright",
       inCurveColours("Bright (Tol)"),
       {0xff4477aa, 0xffe96475, 0xff228833, 0xff9f9235, 0xff4c99b2, 0xffaa3377, 0xffe27130,
        0xff909090},
       {0xff6d9bc9, 0xffee6677, 0xff4fb05f, 0xffccbb44, 0xff66ccee, 0xffd071a8, 0xffee7733,
        0xffbbbbbb}},
      {"greys",
       inCurveColours("Greys, told apart by dashes (for print)"),
       {0xff000000, 0xff707070, 0xff404040, 0xff8a8a8a, 0xff202020, 0xff606060, 0xff303030,
        0xff7c7c7c},
       {0xffffffff, 0xff9a9a9a, 0xffd0d0d0, 0xff7e7e7e, 0xffe8e8e8, 0xffaaaaaa, 0xffdcdcdc,
        0xff8c8c8c}},
  };
}

std::size_t& chosen() {
  static std::size_t index = 0;
  return index;
}

}  // namespace

const std::vector<CurveColours>& curveColourSets() {
  static const auto sets = makeSets();
  return sets;
}

const CurveColours& curveColours() {
  return curveColourSets()[chosen()];
}

void useCurveColours(const QString& id) {
  const auto& sets = curveColourSets();
  const auto found = std::ranges::find(sets, id, &CurveColours::id);
  chosen() = found == sets.end() ? 0 : static_cast<std::size_t>(found - sets.begin());
  for (auto* widget : QApplication::allWidgets()) {
    QEvent changed(QEvent::PaletteChange);
    QCoreApplication::sendEvent(widget, &changed);
    widget->update();
  }
}

}  // namespace eq::widgets
