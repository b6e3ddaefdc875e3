#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <QElapsedTimer>
#include <QObject>

#include "app/main_window.h"
#include "app/monkey/checks.h"
#include "app/monkey/choice.h"
#include "app/monkey/journal.h"
#include "app/monkey/material.h"

class QEventLoop;
class QFileDialog;

namespace eq::test {

/// Does to the window what a monkey would, while a run trains, and looks after each deed whether
/// all is well. Each action is chosen by Choice, so a seed plays the same list again as far as the
/// same things are on the screen.
class Monkey : public QObject {
 public:
  Monkey(std::uint64_t seed, int actions, Material& material, Journal& journal);
  ~Monkey() override;

  /// \returns what went wrong; empty when nothing did.
  QString play();
  /// Of the actions, so many came while a run was there.
  int duringRuns() const { return duringRuns_; }

 private:
  struct Deed {
    const char* name;
    int weight;
    void (Monkey::*act)();
  };
  static const std::vector<Deed>& deeds();

  void openWindow();
  void endWindow();
  void next();
  void act();
  void finish();
  QString problemNow();
  /// What is done about a menu or dialog that holds up the action that brought it.
  void rescue(int action);
  void leaveDialogs();

  // Deeds; see deeds().
  void click();
  void doubleClick();
  void rightClick();
  void drag();
  void wheel();
  void type();
  void paste();
  void key();
  void shortcut();
  void trigger();
  void changeDock();
  void resizeWindow();
  void dropFiles();
  void openFile();
  void control();
  void closeWindow();
  void restart();
  void escape();
  void useFiles(QFileDialog& dialog);
  void keepTraining();

  QWidget* target();
  QWidget* inputWindow();
  QPoint placeIn(const QWidget& widget);
  void note(const QString& what);

  std::uint64_t seed_;
  int actions_;
  Material& material_;
  Journal& journal_;
  Choice choice_;
  Checks checks_;
  std::unique_ptr<app::MainWindow> window_;
  QEventLoop* loop_ = nullptr;
  int action_ = 0, rescues_ = 0, duringRuns_ = 0;
  int idle_ = 0;  ///< actions without a run
  bool acting_ = false;
  QString problem_;
};

}  // namespace eq::test
