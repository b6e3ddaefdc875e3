#pragma once

#include <vector>

#include <QWidget>
#include <nlohmann/json.hpp>

#include "widgets/parameter_field.h"
#include "widgets/parameter_text.h"

class QFormLayout;

namespace eq::widgets {

class Fold;

/// A form for the parameters of a method, built from their descriptions. Those that few change are
/// folded away, with the number of them that are not at their default.
class ParameterForm : public QWidget {
  Q_OBJECT

 public:
  explicit ParameterForm(std::vector<ParameterSpec> specs, QWidget* parent = nullptr);

  /// Leaves out a parameter that does not matter here; nothing without one of that name.
  void hideField(const std::string& name);
  /// Of losses in the parameters.
  void setRules(const MethodRules& rules);
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
  void addRow(QFormLayout& rows, const ParameterSpec& spec);
  void addAdvanced(const std::vector<ParameterSpec>& specs);
  void countChanged();

  std::vector<ParameterField*> fields_;
  Fold* advanced_ = nullptr;                         ///< null where no parameter is advanced
  nlohmann::json given_ = nlohmann::json::object();  ///< as set; its names stay spelled out
};

/// Takes a widget that has fields out of the window for good. What is half typed in them goes
/// unsaid. Deletes it later: one of its own signals may have led here.
void discard(QWidget& widget);

}  // namespace eq::widgets
