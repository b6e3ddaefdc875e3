#pragma once

#include <nlohmann/json.hpp>

#include <QFrame>

#include "core/run/steerable.h"

class QComboBox;
class QLineEdit;
class QPushButton;

namespace eq::widgets {

class NumberBox;

/// Stands above the plots while a run is shown that another process trains: what can be asked of
/// it. Hidden else. Says what a person wants, and leaves the doing to the window.
class SteeringBar : public QFrame {
  Q_OBJECT

 public:
  explicit SteeringBar(QWidget* parent = nullptr);

  /// \param paused whether the run waits. What is half typed stays.
  void show(const run::Steerable& inForce, bool paused);

 signals:
  /// As run::wishesFrom() reads one.
  void asked(const nlohmann::json& command);

 private:
  QPushButton* addButton(const QString& text, const QString& help, const char* kind);
  void offer();
  void showNumber();
  void ask(double value);
  void askForNote();

  run::Steerable inForce_;
  bool paused_ = false;
  QPushButton* pause_;
  QComboBox* what_;  ///< the tasks' weights, then the numbers
  NumberBox* value_;
  QLineEdit* note_;
};

}  // namespace eq::widgets
