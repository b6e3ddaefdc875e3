#pragma once

#include <string>
#include <vector>

#include <QLineEdit>

namespace eq::widgets {

class NameCompletion;
class RunsFilter;

/// What the table of runs shows: an expression over the fields and series of the runs, such as
/// `weighting == "uncertainty" and best(val.left.accuracy) > 0.95`, with the names completed while
/// they are typed; a text without operators is looked for in all columns. While an expression has a
/// mistake the last one that had none stays in force.
class FilterField : public QLineEdit {
  Q_OBJECT

 public:
  FilterField(RunsFilter& filter, QWidget* parent = nullptr);

  /// What the runs have, for completion and checks.
  void setNames(std::vector<std::string> names);
  const QString& problem() const { return problem_; }

 signals:
  /// Empty when there is none.
  void problemChanged(const QString& problem);

 private:
  void apply();
  void setProblem(const QString& problem);

  RunsFilter& filter_;
  std::vector<std::string> names_;
  NameCompletion* completion_;
  QString problem_;
};

}  // namespace eq::widgets
