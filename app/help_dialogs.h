#pragma once

class QWidget;

namespace eq::app {

/// A list of all keys, taken from the window's actions, and of what the mouse does in plots.
void showKeys(QWidget& window);
/// README.md, as the program was built with it.
void showReadme(QWidget& window);

}  // namespace eq::app
