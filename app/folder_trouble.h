#pragma once

#include <QObject>
#include <QPointer>

class QMessageBox;
class QWidget;

namespace eq::widgets {
class Session;
}

namespace eq::app {

/// Asks what to do when the folder of the run that goes on cannot be written: it is gone, full or
/// read-only. The run waits meanwhile, and nothing of it is lost.
class FolderTrouble : public QObject {
  Q_OBJECT

 public:
  FolderTrouble(QWidget& window, widgets::Session& session);

 private:
  void ask(const QString& problem);
  void closeQuestion();
  void chooseFolder(const QString& problem);

  QWidget& window_;
  widgets::Session& session_;
  QPointer<QMessageBox> question_;
};

}  // namespace eq::app
