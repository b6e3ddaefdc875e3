#pragma once

#include <vector>

#include <QFrame>

#include "widgets/experiment/race_subject.h"

class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace eq::widgets {

class MethodEditor;
class ParameterField;

/// One value of a subject: a method with its parameters, or a field.
class VariantEditor : public QFrame {
  Q_OBJECT

 public:
  VariantEditor(const RaceSubject& subject, const QString& name, QWidget* parent = nullptr);

  /// What it is called, for people and screen readers.
  void setName(const QString& name);
  void setValue(const nlohmann::json& value);
  nlohmann::json value() const;
  /// Takes what is half typed.
  void settle();
  /// Why what stands there does not count; empty where it does.
  QString problem() const;
  void setRemovable(bool removable);

 signals:
  void edited();
  void removeRequested();

 private:
  QLabel* title_;
  QToolButton* remove_;
  MethodEditor* method_ = nullptr;  ///< one of the two is there
  ParameterField* field_ = nullptr;
};

/// The lanes of a race that differ in one subject: two to eight.
class RaceLanes : public QWidget {
  Q_OBJECT

 public:
  explicit RaceLanes(RaceSubject subject, QWidget* parent = nullptr);

  std::vector<std::vector<train::Setting>> lanes() const;
  /// Takes what is half typed.
  void settle();
  /// Why these are no lanes; empty where they are.
  QString problem() const;

 signals:
  void edited();

 private:
  void add(const nlohmann::json& value);
  void remove(VariantEditor* lane);
  void number();

  RaceSubject subject_;
  std::vector<VariantEditor*> lanes_;
  QVBoxLayout* layout_;
  QPushButton* add_;
};

}  // namespace eq::widgets
