#pragma once

#include <vector>

#include <QWidget>

#include "core/train/experiment.h"

class QToolButton;
class QVBoxLayout;

namespace eq::widgets {

class RuleCard;

/// The rules of an experiment as cards. What does not count stays as it was typed, framed, with the
/// reason and its place; rules() answers then with those that counted last.
class RuleList : public QWidget {
  Q_OBJECT

 public:
  explicit RuleList(QWidget* parent = nullptr);

  /// Those of an experiment, which also says what series there are. What is typed and does not
  /// count stays while the rules are the same. Does not emit edited().
  void setRules(const train::Experiment& experiment);
  /// Shows what is in force in place of what was typed.
  void forgetTyped();
  /// Takes what is half typed.
  void settle();
  const std::vector<train::RuleSpec>& rules() const { return inForce_; }
  /// Why what is shown does not count; empty where it does.
  QString problem() const;
  /// What is shown was asked for and refused: it stays. \param reason `rules[0].when: ...`.
  void refuse(const QString& reason, const std::vector<train::RuleSpec>& inForce);

 signals:
  void edited();

 private:
  RuleCard* addCard(const train::RuleSpec& rule);
  void remove(RuleCard* card);
  void addShipped(const std::string& id);
  /// As the cards stand; marks what does not count. \returns whether all do.
  bool read(std::vector<train::RuleSpec>& rules);
  void take();
  void showRules();
  void showRefusal();

  train::Experiment experiment_;
  std::vector<train::RuleSpec> inForce_;
  std::vector<RuleCard*> cards_;
  bool held_ = false;                     ///< something is shown that is not in force
  std::vector<train::RuleSpec> refused_;  ///< not asked for again before they are others
  QString refusal_;                       ///< why they were; empty: none are
  QVBoxLayout* layout_;
  QToolButton* add_;
};

}  // namespace eq::widgets
