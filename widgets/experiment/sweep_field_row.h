#pragma once

#include <optional>
#include <vector>

#include <QFrame>
#include <nlohmann/json.hpp>

#include "core/train/field_choices.h"

class QCheckBox;
class QLabel;
class QLineEdit;
class QStackedWidget;
class QToolButton;

namespace eq::widgets {

class ChoiceBox;
class IntegerBox;
class NumberBox;
class ProblemLabel;

/// One field of a sweep: which, its values as a list or a range, and where it counts.
class SweepFieldRow : public QFrame {
  Q_OBJECT

 public:
  /// \param choices of the experiment; outlive the row.
  SweepFieldRow(const std::vector<train::FieldChoice>& choices, QWidget* parent = nullptr);

  std::string path() const;
  /// As the file has it: a list, or {"low", "high", "scale", "count"}.
  nlohmann::ordered_json values() const;
  /// {other path: values} where it counts only there; null: everywhere.
  nlohmann::json condition() const;
  /// As if both had been typed.
  void setField(const std::string& path, const std::vector<nlohmann::json>& values);
  /// As a file has them. \param condition null: everywhere.
  void load(const std::string& path, const nlohmann::json& values, const nlohmann::json& condition);
  void setProblem(const QString& problem);
  /// Takes what is half typed. \returns why a number does not count; empty where all do.
  QString settle();
  void focusPath();

 signals:
  void edited();
  void removeRequested();

 private:
  enum Kind { list, linear, logarithmic, integer };

  QWidget* makeHead();
  QWidget* makeList();
  QWidget* makeRange();
  QWidget* makeCondition();
  const train::FieldChoice* choice() const;
  void showField();
  void showKind();
  void fillMenu();

  const std::vector<train::FieldChoice>& choices_;
  QLineEdit* path_;
  ChoiceBox* kind_;
  QLabel* hint_;
  QStackedWidget* pages_;
  QLineEdit* values_;
  QToolButton* menu_;
  NumberBox *low_, *high_;
  IntegerBox* count_;
  QCheckBox* only_;
  QWidget* condition_;
  QLineEdit *other_, *otherValues_;
  nlohmann::json further_ =
      nlohmann::json::object();  ///< conditions of a file beside the one shown
  ProblemLabel* problem_;
};

}  // namespace eq::widgets
