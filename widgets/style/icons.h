#pragma once

#include <QIcon>
#include <QPalette>

namespace eq::widgets {

enum class Glyph { play, pause, step, stop, fork, save };

/// A plain symbol in the palette's text colour, paler when disabled: readable in every theme.
QIcon glyphIcon(Glyph glyph, const QPalette& palette);

}  // namespace eq::widgets
