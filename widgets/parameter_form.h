#pragma once

#include <vector>

#include <QWidget>
#include <nlohmann/json.hpp>

#include "core/base/parameter.h"

class QFormLayout;
class QLineEdit;
class QSlider;

namespace eq::widgets {

class NumberBox;
class ProblemLabel;

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
  bool valid() const { return problem_.isEmpty(); }
  /// The rule that the present text breaks; empty when valid.
  QString problem() const { return problem_; }
  /// Shows a problem that was found elsewhere, such as a list of the wrong length.
  void showProblem(const QString& problem);
  /// Shows that an empty field, which needs a value, does not count.
  void demandValue();
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
  void connectNumber(NumberBox& box);
  /// A text as a value, or why it is none.
  struct Reading {
    nlohmann::json value;
    QString problem;
  };
  Reading fromText(const QString& text) const;
  void takeLine(const QLineEdit& line);
  void takeText(const QString& text);
  bool isHalfTyped() const;
  void take(const nlohmann::json& value);
  void showValue();
  void showSlider();

  ParameterSpec spec_;
  nlohmann::json value_;
  QString problem_;
  QWidget* editor_ = nullptr;
  QSlider* slider_ = nullptr;
  ProblemLabel* message_ = nullptr;
};

/// A form for the parameters of a method, built from their descriptions.
class ParameterForm : public QWidget {
  Q_OBJECT

 public:
  explicit ParameterForm(std::vector<ParameterSpec> specs, QWidget* parent = nullptr);

  /// Leaves out a parameter that does not matter here; nothing without one of that name.
  void hideField(const std::string& name);
  /// Sliders for all numbers: where every move may be followed.
  void addSliders();

  /// Missing ones show their default. Does not emit edited().
  void setValues(const nlohmann::json& values);
  /// Shows the values in place of what was typed.
  void forgetTyped();
  /// What setValues() named, and what differs from its default or has none: without an edit,
  /// exactly what was set.
  nlohmann::json values() const;
  bool valid() const;
  /// The first field that needs a value and has none, such as an empty list; else null.
  ParameterField* missing() const;
  /// Null for a name that there is not.
  ParameterField* field(const std::string& name) const;
  const std::vector<ParameterField*>& fields() const { return fields_; }

 signals:
  /// By the user, to a valid value.
  void edited();

 private:
  std::vector<ParameterField*> fields_;
  nlohmann::json given_ = nlohmann::json::object();  ///< as set; its names stay spelled out
};

/// Takes a widget that has fields out of the window for good. What is half typed in them goes
/// unsaid. Deletes it later: one of its own signals may have led here.
void discard(QWidget& widget);

/// "max_margin" as "Max margin".
QString labelOf(const std::string& name);

}  // namespace eq::widgets
