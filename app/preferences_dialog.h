#pragma once

#include <QDialog>

#include "app/preferences.h"

class QCheckBox;
class QFormLayout;
class QLabel;
class QLineEdit;

namespace eq::widgets {
class ChoiceBox;
class IntegerBox;
class NumberBox;
}  // namespace eq::widgets

namespace eq::app {

/// Theme, colours of curves, speed limit, threads, folders, notices, trusted files. What is chosen
/// counts at once and is kept; a folder or a command that cannot be used is marked and does not
/// count.
class PreferencesDialog : public QDialog {
  Q_OBJECT

 public:
  explicit PreferencesDialog(QWidget* parent = nullptr);

 signals:
  void changed(const Preferences& preferences);

 private:
  void addAppearance(QFormLayout& form);
  void addTraining(QFormLayout& form);
  void addFolders(QFormLayout& form);
  void addNotices(QFormLayout& form);
  void takeCommand();
  void addTrust(QFormLayout& form);
  QLineEdit* addFolder(QFormLayout& form, const QString& title, const QString& help,
                       const QString& standard, QString Preferences::*field);
  void takeFolder(QLineEdit& edit, QString Preferences::*field);
  void take();
  void show(const Preferences& preferences);

  Preferences kept_ = Preferences::kept();
  widgets::ChoiceBox *theme_, *curves_;
  widgets::NumberBox* limit_;
  widgets::IntegerBox* threads_;
  QLineEdit *runs_, *figures_;
  QCheckBox* desktop_;
  QLineEdit* command_;
};

}  // namespace eq::app
