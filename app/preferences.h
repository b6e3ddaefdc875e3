#pragma once

#include <cstdint>

#include <QString>

namespace eq::train {
struct Experiment;
}

namespace eq::app {

/// What a person sets once, kept in QSettings.
struct Preferences {
  QString theme = "light";    ///< as themeFrom() reads it
  QString curves;             ///< id of a set of curveColourSets(); empty: the first
  double speedLimit = 0;      ///< steps a second that a window begins with; 0: none
  std::int64_t threads = 0;   ///< of experiments that leave it open; 0: one a core
  QString runsFolder;         ///< empty: standardRunsFolder(); counts from the next start
  QString figuresFolder;      ///< where the export begins; empty: the desktop's choice
  bool notifyDesktop = true;  ///< say that a run has ended where no window is in front
  QString notifyCommand;      ///< started then, as run::runCommand reads it; empty: none

  static Preferences kept();
  void keep() const;
  bool operator==(const Preferences&) const = default;
};

/// Theme and colours of curves of the whole program. An unknown theme is the light one.
void applyAppearance(const Preferences& preferences);
/// In the desktop's folder for the data of programs.
QString standardRunsFolder();
/// The folder of the runs when the command line names none.
QString runsFolderOf(const Preferences& preferences);
/// With the threads that are preferred where it leaves them open.
train::Experiment withPreferred(train::Experiment experiment, const Preferences& preferences);

}  // namespace eq::app
