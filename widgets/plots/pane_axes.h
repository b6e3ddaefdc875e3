#pragma once

class QCPAxis;

namespace eq::widgets {

/// What a line is drawn on; `edge` runs from 0 at the bottom to 1 at the top.
struct PaneAxes {
  QCPAxis* x = nullptr;
  QCPAxis* y = nullptr;
  QCPAxis* edge = nullptr;
};

}  // namespace eq::widgets
