#pragma once

#include <functional>
#include <vector>

#include <QString>

class QWidget;

namespace eq::widgets {

/// Something that a person can do, or a place where they can type.
struct Reachable {
  QString place;   ///< where it is: "File", "Experiment › Optimizer"
  QString name;    ///< "Export the plots…", "Learning rate"
  QString key;     ///< as the system writes it; empty without one
  QString advice;  ///< what it does, or why it cannot be done now
  bool enabled = true;
  std::function<void()> go;  ///< does it, or takes the keyboard there
};

/// All actions of the window's menus, tool bars and other parts, then all named fields of its
/// docks, also of those that are closed, folded or behind another. What is gone by then does
/// nothing.
std::vector<Reachable> reachableIn(QWidget& window);

}  // namespace eq::widgets
