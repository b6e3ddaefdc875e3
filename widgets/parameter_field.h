#pragma once

#include <QWidget>
#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

class QLineEdit;
class QSlider;

namespace eq::widgets {

class NumberBox;
class ProblemLabel;
struct MethodRules;

/// Edits one parameter by its description alone. An invalid text stays in the field, marked, until
/// it is mended; the value is what it was before.
class ParameterField : public QWidget {
  Q_OBJECT

 public:
  explicit ParameterField(const ParameterSpec& spec, QWidget* parent = nullptr);
  ~ParameterField() override;

  const ParameterSpec& spec() const { return spec_; }
  /// Does not emit edited(). What is half typed, or invalid, stays where the value is the same.
  void setValue(const nlohmann::json& value);
  /// Shows the value in place of what was typed.
  void forgetTyped();
  /// Takes what is typed, as leaving the field does.
  void settle();
  /// The last valid value.
  const nlohmann::json& value() const { return value_; }
  bool isDefault() const { return value_ == spec_.defaultValue; }
  /// Whether a value is needed and there is none, such as an empty list.
  bool isMissing() const;
  bool valid() const { return problem_.isEmpty(); }
  /// The rule that the present text breaks; empty when valid.
  QString problem() const { return problem_; }
  /// Shows a problem of the value that was found elsewhere, such as a list of the wrong length;
  /// it stays until there is another value.
  void showProblem(const QString& problem);
  /// Takes away what showProblem() has shown.
  void forgetProblem();
  /// Shows that an empty field, which needs a value, does not count.
  void demandValue();
  /// Of losses in the parameter: `base`, `terms`; nothing for other types.
  void setRules(const MethodRules& rules);
  /// A slider below the box of a number; nothing for other types. It edits at every move.
  void addSlider();

 signals:
  void edited();

 private:
  QWidget* makeEditor();
  QWidget* makeInteger();
  QWidget* makeNumber();
  QWidget* makeChoice();
  QWidget* makeText();
  QWidget* makeFile();
  QWidget* makeNested();
  void connectNumber(NumberBox& box);
  void takeLine(const QLineEdit& line);
  void takeText(const QString& text);
  bool isHalfTyped() const;
  void take(const nlohmann::json& value);
  void setProblem(const QString& problem);
  void showValue();
  void showSlider();

  ParameterSpec spec_;
  nlohmann::json value_;
  QString problem_;
  QString outside_;  ///< the problem of the value that showProblem() has told
  QWidget* editor_ = nullptr;
  QSlider* slider_ = nullptr;
  ProblemLabel* message_ = nullptr;
};

}  // namespace eq::widgets
