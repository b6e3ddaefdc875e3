#pragma once

#include <functional>
#include <string>
#include <vector>

#include <QWidget>

#include "core/base/descriptor.h"
#include "core/train/experiment.h"

class QLabel;
class QVBoxLayout;

namespace eq::widgets {

struct MethodEntry;
class MethodChooser;
class ParameterForm;
class ProblemLabel;

/// What is known of methods beside their descriptors, where one is chosen. Any may be null.
struct MethodRules {
  /// Why a method does not count: `expression.text: ...` where one parameter is at fault. Empty: it
  /// does.
  std::function<std::string(const train::MethodSpec&)> problem = nullptr;
  /// Why a method cannot be chosen here, whatever its parameters.
  std::function<std::string(const std::string& id)> unfit = nullptr;
  /// What the choice of another one needs and brings with it, each a sentence without its point.
  std::function<std::vector<std::string>(const train::MethodSpec& from,
                                         const train::MethodSpec& to)>
      notes = nullptr;
  /// Parameters of a method that are known where it is chosen, such as the counts of classes.
  std::function<nlohmann::json(const std::string& id, const train::MethodSpec& inForce)> known =
      nullptr;
  /// What every change of the method's parameters brings with it; a sentence without its point.
  std::function<std::string(const train::MethodSpec&)> changeNote = nullptr;
};

/// Chooses one method of a catalog and edits its parameters, from descriptors alone. A choice that
/// does not count stays as it was made and typed, framed, with the reason at its place; what is in
/// force instead is said below, and is what method() answers.
class MethodEditor : public QWidget {
  Q_OBJECT

 public:
  /// \param noun what is chosen, for accessibility: "Loss". \param none title of the empty choice;
  /// without it there is none.
  MethodEditor(const QString& noun, std::vector<const Descriptor*> choices,
               const QString& none = {}, QWidget* parent = nullptr);

  void setRules(MethodRules rules);
  /// What is chosen, for screen readers and messages.
  void setName(const QString& noun);
  /// Says below what it was when the run began, where that is another one; null: nothing.
  void setBegun(const train::MethodSpec* begun);
  /// For trying out, now and with later choices: sliders for all numbers, and without the
  /// parameters that do not matter there.
  void setForTrying(std::vector<std::string> hidden);
  /// Does not emit edited(). An id that is not among the choices is shown as it is.
  void setMethod(const train::MethodSpec& method);
  /// As if it had been chosen and its parameters typed, so that what does not count stays, framed;
  /// what is null is left to what is known. Emits edited() when it counts.
  void offer(const train::MethodSpec& method);
  /// Goes back to what was set: a choice that still needs a value, and what is half typed, go.
  void forgetTyped();
  /// The method in force: where what is shown does not count, the one before.
  train::MethodSpec method() const;
  /// As the widgets stand, whether it counts or not.
  train::MethodSpec shown() const;
  /// What is shown was asked for and refused. It stays; \param inForce is the method instead.
  void refuse(const QString& reason, const train::MethodSpec& inForce);
  /// Why what is shown does not count; empty where it does.
  QString problem() const { return problem_; }
  /// Locks the choice and all parameters but one. \param reason shown as tooltip.
  void setLocked(bool locked, const QString& reason, const std::string& except = {});
  /// Null where nothing is chosen.
  ParameterForm* form() const { return form_; }

 signals:
  void edited();
  /// What is shown does not count any more, or counts again.
  void problemChanged();

 private:
  void choose(const std::string& id);
  void showMethod(const train::MethodSpec& method);
  void prepareForm();
  void takeChoice(const std::string& id);
  void takeEdit();
  void hold(const QString& problem);
  void release();
  void summarize();
  void dropStalePins();
  void remark(MethodEntry& entry) const;
  const Descriptor* descriptor(const std::string& id) const;

  std::vector<const Descriptor*> choices_;
  MethodRules rules_;
  train::MethodSpec method_;   ///< what is shown, with the parameters as they were set
  train::MethodSpec inForce_;  ///< the last one that counted
  QString problem_;            ///< why what is shown does not count
  MethodChooser* chooser_;
  QLabel* summary_;
  ProblemLabel* instead_;
  QLabel* begun_;
  QVBoxLayout* layout_;
  ParameterForm* form_ = nullptr;
  bool trying_ = false;
  std::vector<std::string> hidden_;
};

/// Title, summary, formula and source of a method, as a tooltip.
QString helpOf(const Descriptor& descriptor);

}  // namespace eq::widgets
