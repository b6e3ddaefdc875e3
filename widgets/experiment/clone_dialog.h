#pragma once

#include <QDialog>

#include "widgets/experiment/race_subject.h"

class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace eq::widgets {

class ChoiceBox;
class ProblemLabel;
class VariantEditor;

/// Asks with which change a lane that goes on becomes one more lane. Does not block, and stays open
/// until somebody says how it went.
class CloneDialog : public QDialog {
  Q_OBJECT

 public:
  /// \param experiment of the lane, as it is in force. \param name of the lane.
  CloneDialog(const train::Experiment& experiment, const QString& name, QWidget* parent = nullptr);

  /// It was asked for and could not be: all stays as it was typed.
  void refuse(const QString& reason);

 signals:
  /// Answer with accept() or refuse().
  void cloneRequested(const std::vector<eq::train::Setting>& settings, const QString& title);

 private:
  void choose(int subject);
  void showState();
  void clone();
  VariantEditor& variant() const;

  std::vector<RaceSubject> subjects_;
  ChoiceBox* subject_;
  QStackedWidget* pages_;
  std::vector<VariantEditor*> variants_;  ///< one a subject; null until that is looked at
  QLineEdit* title_;
  ProblemLabel* problem_;
  QPushButton* clone_;
  bool asked_ = false;
};

}  // namespace eq::widgets
