#pragma once

#include <QColor>
#include <QPalette>
#include <QPen>

class QApplication;
class QWidget;

namespace eq::widgets {

enum class Theme { light, dark };

/// The desktop's, as it was before the first applyTheme(). Qt 6.4 does not tell when it changes.
Theme systemTheme();
/// Fusion style with the theme's palette, for the whole program. Plots follow through
/// QEvent::PaletteChange.
void applyTheme(QApplication& application, Theme theme);
/// The theme that a palette belongs to: dark when its window is darker than its text.
Theme themeOf(const QPalette& palette);
Theme themeOf(const QWidget& widget);

struct PlotColours {
  QColor background, text, axis, grid;
  QColor cursor;  ///< the shared cursor
  QColor event;   ///< vertical lines of commands, checkpoints, notes
  QColor alarm;   ///< non-finite values and failures
};
const PlotColours& plotColours(Theme theme);

/// Around fields, boxes and buttons: 3:1 at least to the window and to what is inside.
QColor edgeColour(Theme theme);
/// The ratio of contrast of WCAG 2, from 1 to 21.
double contrastOf(const QColor& one, const QColor& other);

/// One of the eight colours in use (curveColours()); index 8 starts again, with another line style.
QColor taskColour(Theme theme, int task);
/// Says again what the colour says: solid, dashed, dotted ... by index.
Qt::PenStyle taskLineStyle(int task);
/// `width` in pixels; 1 is by far the fastest.
QPen taskPen(Theme theme, int task, double width = 1);

/// Colour of a cosine in [-1, 1]: orange for conflict, the background's grey at 0, blue for
/// agreement; NaN is transparent.
QColor cosineColour(Theme theme, double cosine);

/// Sequential, for amounts in [0, 1]: from nearly the background to the strongest blue, darker (on
/// a dark theme lighter) all the way. NaN is transparent.
QColor heatColour(Theme theme, double amount);

}  // namespace eq::widgets
