#pragma once

#include <string>
#include <vector>

#include <QFrame>
#include <nlohmann/json.hpp>

#include "core/train/experiment.h"

class QCheckBox;
class QLineEdit;

namespace eq::widgets {

class ChoiceBox;
class IntegerBox;
class NameCompletion;
class ProblemLabel;

/// One rule: when an expression holds, so often in a row, something is done.
class RuleCard : public QFrame {
  Q_OBJECT

 public:
  explicit RuleCard(QWidget* parent = nullptr);

  /// \param names of series, to complete.
  void setNames(const std::vector<std::string>& names);
  void setRule(const train::RuleSpec& rule);
  /// As the fields stand, as a file has it.
  nlohmann::json rule() const;
  /// \param problem with its place in the expression; empty: none.
  void setProblem(const QString& problem);
  QString problem() const { return shown_; }
  /// Takes what is half typed.
  void settle();

 signals:
  /// A field was left, or chosen.
  void edited();
  /// A key was typed.
  void typed();
  void removeRequested();

 private:
  void makeFields();
  void showArgument();
  nlohmann::json action() const;

  QLineEdit* when_;
  NameCompletion* completion_;
  IntegerBox* looks_;
  ChoiceBox* kind_;
  QLineEdit* argument_;
  QCheckBox* once_;
  ProblemLabel* problem_;
  QString shown_;
};

}  // namespace eq::widgets
