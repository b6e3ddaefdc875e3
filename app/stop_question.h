#pragma once

#include <functional>

class QWidget;

namespace eq::app {

/// Asks whether the run that is going on may be stopped with a checkpoint, before the window
/// closes. Training goes on meanwhile; does not block.
void askToStop(QWidget* parent, const std::function<void()>& stop);

}  // namespace eq::app
