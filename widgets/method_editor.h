#pragma once

#include <optional>
#include <string>
#include <vector>

#include <QWidget>

#include "core/base/descriptor.h"
#include "core/train/experiment.h"

class QLabel;
class QVBoxLayout;

namespace eq::widgets {

class ChoiceBox;
class ParameterForm;

/// Chooses one method of a catalog and edits its parameters, from descriptors alone.
class MethodEditor : public QWidget {
  Q_OBJECT

 public:
  /// \param noun what is chosen, for accessibility: "Loss". \param none title of the empty choice;
  /// without it there is none.
  MethodEditor(const QString& noun, std::vector<const Descriptor*> choices,
               const QString& none = {}, QWidget* parent = nullptr);

  /// For trying out, now and with later choices: sliders for all numbers, and without the
  /// parameters that do not matter there.
  void setForTrying(std::vector<std::string> hidden);
  /// Does not emit edited(). An id that is not among the choices is shown as it is.
  void setMethod(const train::MethodSpec& method);
  /// Goes back to what was set: a choice that still needs a value, and what is half typed, go.
  void forgetTyped();
  /// After a choice that needs a value without a default, such as a file: the former method, until
  /// the value is there.
  train::MethodSpec method() const;
  /// Locks the choice and all parameters but one. \param reason shown as tooltip.
  void setLocked(bool locked, const QString& reason, const std::string& except = {});
  /// Null where nothing is chosen.
  ParameterForm* form() const { return form_; }

 signals:
  void edited();

 private:
  void choose(const std::string& id);
  void prepareForm();
  void takeChoice(const std::string& id);
  void takeEdit();
  void dropStalePins();
  const Descriptor* descriptor(const std::string& id) const;

  std::vector<const Descriptor*> choices_;
  train::MethodSpec method_;                 ///< its parameters as they were set
  std::optional<train::MethodSpec> former_;  ///< while the chosen one lacks a value
  ChoiceBox* combo_;
  QLabel* summary_;
  QVBoxLayout* layout_;
  ParameterForm* form_ = nullptr;
  bool trying_ = false;
  std::vector<std::string> hidden_;
};

/// Title, summary, formula and source of a method, as a tooltip.
QString helpOf(const Descriptor& descriptor);

}  // namespace eq::widgets
