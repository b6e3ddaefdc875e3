#pragma once

#include <optional>

#include <QFrame>

#include "core/base/descriptor.h"
#include "core/train/experiment.h"

class QCheckBox;
class QToolButton;

namespace eq::widgets {

class MethodEditor;
class ProblemLabel;

/// One loss of the explorer: which, with sliders for its parameters; its colour; shown or hidden; a
/// kept state to compare with.
class LossCard : public QFrame {
  Q_OBJECT

 public:
  LossCard(const train::MethodSpec& method, const std::string& axis, int colour,
           QWidget* parent = nullptr);

  /// Losses without a curve over it are grey in the choice, with the reason.
  void setAxis(const std::string& axis) { axis_ = axis; }

  train::MethodSpec method() const;
  /// Title, and the parameters that differ from their defaults: "Focal loss (gamma 1.5)".
  QString name() const;
  static QString nameOf(const train::MethodSpec& method);
  int colour() const { return colour_; }
  bool shown() const;
  /// The state that was pinned.
  const std::optional<train::MethodSpec>& pinned() const { return pinned_; }
  /// Says in the card why its curve is missing; empty: it is not.
  void showProblem(const QString& problem);
  /// Whether there is a running task that takes the loss. \param why it does not.
  void setUsable(bool usable, const QString& why);

 signals:
  void edited();
  void useRequested(const eq::train::MethodSpec& method);
  void removeRequested();

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void showColour();
  void nextColour();
  void togglePin(bool on);

  std::string axis_;
  int colour_;
  std::optional<train::MethodSpec> pinned_;
  QCheckBox* shown_;
  QToolButton* swatch_;
  QToolButton* use_;
  MethodEditor* editor_;
  ProblemLabel* problem_;
};

}  // namespace eq::widgets
