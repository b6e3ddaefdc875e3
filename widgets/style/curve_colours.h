#pragma once

#include <array>
#include <vector>

#include <QColor>
#include <QString>

#include "widgets/style/theme.h"

namespace eq::widgets {

/// A set of eight colours for curves, each with a contrast of 3:1 to the background in both themes.
struct CurveColours {
  QString id;     ///< for settings
  QString title;  ///< for people
  std::array<QRgb, 8> onLight, onDark;
};

/// The sets to choose from; the first is what a window begins with.
const std::vector<CurveColours>& curveColourSets();
/// The set in use, for the whole program.
const CurveColours& curveColours();
/// Takes another set into use; an unknown id means the first. Repaints all windows.
void useCurveColours(const QString& id);

}  // namespace eq::widgets
