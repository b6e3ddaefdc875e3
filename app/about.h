#pragma once

class QWidget;

namespace eq::app {

/// What the program is, its licence, and where the samples' data come from. Does not block.
void showAbout(QWidget* parent);

}  // namespace eq::app
