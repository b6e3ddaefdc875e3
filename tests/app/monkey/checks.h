#pragma once

#include <QPointer>
#include <QString>
#include <QWidget>

#include "app/main_window.h"

namespace eq::test {

/// What must hold whatever was done to the window. Each answers with what does not; empty when all
/// is well.
class Checks {
 public:
  /// After each action, once its events are handled.
  QString now(app::MainWindow& window);
  /// Waits until the run has answered every command: then the panel shows what is in force.
  QString settled(app::MainWindow& window);
  /// All runs of the workspace can be read, each that ended has a checkpoint.
  QString runs(const std::filesystem::path& workspace);
  /// A file that somebody was told of.
  void claim(const QString& file);

 private:
  QString dialogs();

  QString missing_;  ///< claimed, but not there
  QPointer<QWidget> dialog_;
  int patience_ = 0;  ///< actions that the dialog has been in front
};

}  // namespace eq::test
